"""What could be broken, each as data: what is changed, why it matters, and the tests that must not let it pass."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """`old`, which stands exactly once in the module's source, becomes `new`."""

    module: str
    old: str
    new: str


@dataclass(frozen=True)
class Statement:
    """What the administrator runs in each database after its migration."""

    sql: str


@dataclass(frozen=True)
class Function:
    """`old`, which stands exactly once in the database function's definition, becomes `new`."""

    signature: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """One breach. Each of the `killers` (ids of single tests) must fail."""

    name: str
    why: str
    how: Source | Statement | Function
    killers: tuple[str, ...]


PACKET = "tests/walls/test_packet.py::"
CATALOGUE = "tests/walls/test_catalogue.py::test_it_holds"
CONTEXT = "tests/walls/test_context.py::"
DISCLOSURE = "tests/referrals/life/test_disclosure.py::"
WORLDS = "tests/walls/noninterference/test_two_worlds.py::"
BOXES = "tests/referrals/boxes/test_queries.py::"
CLIENTS = "tests/orgs/clients/test_use_cases.py::"

MUTANTS = (
    Mutant(
        "dropped policy",
        "Without the policy that asks for a context, an empty table answers instead of raising.",
        Statement("DROP POLICY context ON app.clients"),
        (f"{CATALOGUE}[empty_tables_raise]", f"{CONTEXT}test_an_empty_table_raises_without_a_context[spean_web]"),
    ),
    Mutant(
        "policy that lets everything through",
        "A forgotten WHERE would read every organisation's staff.",
        Statement("ALTER POLICY own ON app.staff USING ((SELECT sec.org()) IS NOT NULL)"),
        (f"{CONTEXT}test_a_forgotten_where_reads_only_the_own_organisation",),
    ),
    Mutant(
        "row security not forced",
        "Whoever comes to act as the owner of a table would read past its policies.",
        Statement("ALTER TABLE app.clients NO FORCE ROW LEVEL SECURITY"),
        (f"{CATALOGUE}[walls_stand]",),
    ),
    Mutant(
        "single-column key",
        "Inserting a guessed id would tell whether another organisation has it.",
        Statement("CREATE UNIQUE INDEX lone ON app.clients (id)"),
        (f"{CATALOGUE}[keys_are_no_oracles]", f"{WORLDS}test_everything_that_a_does_once_with_b_beside"),
    ),
    Mutant(
        "query without scope",
        "An outreach worker would read a colleague's clients.",
        Source(
            "orgs.clients.store",
            "own = true() if sees_all else Client.worker_id == worker_id",
            "own = true()",
        ),
        (f"{CLIENTS}test_outreach_sees_its_own_and_a_colleagues_client_does_not_exist_for_it",),
    ),
    Mutant(
        "box without its side",
        "The inbox would list what was sent beside what was received.",
        Source(
            "referrals.boxes.queries",
            "_Part(Referral, Referral.receiver_org_id == actor.org_id, ",
            "_Part(Referral, and_(True), ",
        ),
        (f"{BOXES}test_other_organisations_have_boxes_of_their_own",),
    ),
    Mutant(
        "box without its worker",
        "An outreach worker would see the referrals of a colleague's clients.",
        Source("referrals.boxes.queries", "CaseloadReferral.worker_id == actor.staff_id", "and_(True)"),
        (f"{BOXES}test_an_outreach_worker_sees_the_referrals_of_their_own_clients",),
    ),
    Mutant(
        "caseload left with the first worker",
        "Whoever handed a client over would go on seeing what becomes of them.",
        Statement("DROP TRIGGER caseload ON app.clients"),
        (
            "tests/referrals/boxes/test_caseloads.py::test_a_client_who_is_handed_over_brings_their_referrals_along",
            "tests/referrals/boxes/test_caseloads.py::test_an_erased_client_is_in_nobodys_care",
        ),
    ),
    Mutant(
        "part shown early by the rules",
        "Who has not accepted would be told who the person is, if the database did not refuse the key.",
        Source(
            "referrals.life.disclosure",
            "return frozenset(Part) if state in RELEASED_IDENTITY else frozenset({Part.TRIAGE})",
            "return frozenset(Part)",
        ),
        (f"{DISCLOSURE}test_what_each_side_sees_in_each_state[sent]",),
    ),
    Mutant(
        "part shown early by the database",
        "SQL under the receiver's context would be handed the identity key before acceptance.",
        Statement(
            "ALTER POLICY held ON app.packet_keys USING (holder_org_id = (SELECT sec.org()) AND (holder = 'sender'"
            " OR EXISTS (SELECT 1 FROM app.referrals r WHERE r.receiver_org_id = (SELECT sec.org())"
            " AND r.id = packet_keys.referral_id AND r.readable_until > now())))"
        ),
        (f"{PACKET}test_before_acceptance_nothing_that_names", f"{PACKET}test_waiting_releases_no_identity"),
    ),
    Mutant(
        "withdrawn packet still readable by the rules",
        "The rules would go on showing what was taken back.",
        Source(
            "referrals.life.disclosure",
            "if party is not Party.RECEIVER or consent_withdrawn:",
            "if party is not Party.RECEIVER:",
        ),
        (f"{DISCLOSURE}test_the_receiver_sees_nothing_once_the_consent_lapses_or_is_withdrawn[accepted]",),
    ),
    Mutant(
        "receiver's key outlives the ending",
        "After a refusal or a cancellation the key would be there for whoever finds a way past the policy.",
        Statement("DROP TRIGGER follow_state ON app.referrals"),
        tuple(f"{PACKET}test_an_ending_leaves_no_key_of_the_receivers[{one}]" for one in ("decline", "cancel")),
    ),
    Mutant(
        "receiver's key outlives the withdrawal",
        "Two triggers destroy it; without both, what was taken back could still be opened.",
        Statement("DROP TRIGGER follow_state ON app.referrals; DROP TRIGGER withdrawal ON app.consents"),
        (f"{PACKET}test_an_ending_leaves_no_key_of_the_receivers[withdraw]",),
    ),
    Mutant(
        "withdrawn packet still readable by the database",
        "The policy would hand the receiver its key whatever became of the referral.",
        Statement(
            "DROP TRIGGER follow_state ON app.referrals; DROP TRIGGER withdrawal ON app.consents;"
            " ALTER POLICY held ON app.packet_keys USING (holder_org_id = (SELECT sec.org()))"
        ),
        (f"{PACKET}test_withdrawal_destroys_the_receivers_keys_at_once[outreach]",),
    ),
    Mutant(
        "repeated request kept with its body",
        "What people told would stand in the clear beside the key of the request.",
        Source(
            "app.http.api.steps",
            "session, actor, key, action, _fingerprint(), status, do",
            "session, actor, key, action + request.get_data(as_text=True), _fingerprint(), status, do",
        ),
        ("tests/referrals/sending/test_api.py::test_of_a_repeated_request_only_a_status_and_an_id_are_kept",),
    ),
    Mutant(
        "column for a response's body",
        "What is kept of a request would have room for what people told.",
        Statement("ALTER TABLE app.idempotency_keys ADD body bytea"),
        ("tests/migrations/test_schema.py::test_models_and_schema_say_the_same",),
    ),
    Mutant(
        "notice that names a service",
        "Whoever reads over a shoulder would learn what the referral is for.",
        Source(
            "worker.channels.email",
            'subject=f"{letter.ref}: {sentence}",',
            'subject=f"{letter.ref} methadone: {sentence}",',
        ),
        ("tests/worker/test_delivery.py::test_no_mail_and_no_notice_names_anybody_or_anything",),
    ),
    Mutant(
        "official's route opened",
        "An official would learn that there are pages about clients.",
        Source("app.http.gate", '{"officials", "account"}', '{"officials", "account", "clients"}'),
        ("tests/walls/test_every_route.py::test_what_an_official_reaches_is_this_and_no_more",),
    ),
    Mutant(
        "reading of a client not written down",
        "Nobody could tell a client who read their record.",
        Source(
            "orgs.clients.along",
            '    audit.record(session, actor, action, subject="client", subject_id=client_id)\n',
            "",
        ),
        (f"{CLIENTS}test_every_read_and_change_is_audited_without_words",),
    ),
    Mutant(
        "reading of a packet not written down",
        "Nobody could tell a client which partner read what was sent.",
        Source("referrals.life.packet_store", "    if contents:\n", "    if False:\n"),
        (f"{PACKET}test_each_reading_of_a_packet_is_written_down_with_its_parts",),
    ),
    Mutant(
        "denial not written down",
        "Somebody could try door after door unseen.",
        Source("app.http.session", 'if not signed_in() or g.get("spean_denied"):', "if True:"),
        ("tests/referrals/officials/test_wall.py::test_a_denial_leaves_a_line_in_the_audit",),
    ),
    Mutant(
        "seal of the context not looked at",
        "SQL could say that it is another organisation.",
        Function("sec.context()", "left(held, 64) IS DISTINCT FROM sec.sealed(body)", "false"),
        (f"{CONTEXT}test_sql_cannot_make_a_context",),
    ),
    Mutant(
        "no check of the steps",
        "A receiver could accept what was declined, and read on.",
        Statement("DROP TRIGGER step ON app.referrals"),
        ("tests/walls/test_steps.py::test_nobody_reads_longer_than_was_agreed",),
    ),
    Mutant(
        "no check of the consent",
        "A referral could be sent that its person never agreed to.",
        Statement("DROP TRIGGER consent ON app.referrals"),
        (f"{PACKET}test_the_database_refuses_a_referral_without_consent",),
    ),
    Mutant(
        "packet not bound to its referral",
        "Whoever writes to the tables could show one person's packet under another's referral.",
        Source("app.core.keys", '"packet_parts", part, referral_id, 1)', '"packet_parts", part, 1)'),
        (f"{PACKET}test_a_part_moved_to_another_referral_does_not_open",),
    ),
    Mutant(
        "search words written down",
        "The audit would keep whom people looked for.",
        Source("orgs.clients.queries", "kind=wanted.kind, count=len(lines)", "kind=wanted.value, count=len(lines)"),
        (f"{CLIENTS}test_every_read_and_change_is_audited_without_words",),
    ),
    Mutant(
        "worker reads clients",
        "A stolen password of the worker would open the records.",
        Statement("GRANT SELECT ON app.clients TO spean_worker"),
        (f"{CATALOGUE}[each_grant_has_a_policy]",),
    ),
)
