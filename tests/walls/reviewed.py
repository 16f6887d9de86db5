"""What somebody looked at and found right. A new function, grant or key makes a test fail until it is written here."""

from __future__ import annotations

WEB, PUBLIC, WORKER, PUBLISHER = "spean_web", "spean_public", "spean_worker", "spean_publisher"
MIGRATOR, OWNER, KEEPER = "spean_migrator", "spean_owner", "spean_keeper"
DOORS = (WEB, PUBLIC)
ANY = (*DOORS, WORKER, PUBLISHER, MIGRATOR, OWNER)
"""`sec.org()` and its like raise without a context, and with one they tell only who acts."""

EXECUTE: dict[str, tuple[str, ...]] = {
    "sec.org()": (*ANY, KEEPER),
    "sec.kind()": ANY,
    "sec.staff()": ANY,
    "sec.who()": (*ANY, KEEPER),
    # The doors: what strangers may ask, and what a session says of itself.
    "sec.salt(text)": DOORS,
    "sec.sign_in(text,bytea,bytea)": DOORS,
    "sec.enter(text)": DOORS,
    "sec.sign_out(text)": DOORS,
    "sec.open_invite(text)": DOORS,
    "sec.accept_invite(text,uuid,text,text,text,bytea,bytea)": DOORS,
    "sec.reset_password(text,bytea,bytea)": DOORS,
    "sec.change_password(bytea,bytea,bytea)": DOORS,
    "sec.my_login()": DOORS,
    "sec.my_sessions()": DOORS,
    "sec.revoke_session(uuid)": DOORS,
    "sec.manages()": DOORS,
    # Staff alone.
    "sec.make_token(bytea,text,integer)": (WEB,),
    "sec.revoke_staff(uuid)": (WEB,),
    "sec.end_officials(uuid)": (WEB,),
    "sec.withdraw(uuid,uuid)": (WEB,),
    # How full one's own programme is, and it is held until the transaction ends.
    "sec.hold_places(uuid)": (WEB,),
    # Whether a day is today's; asked by the policy of what an organisation counts of itself.
    "sec.is_today(date)": (WEB,),
    # The worker's everybody's work, by reference.
    "sec.claim_jobs(integer,interval)": (WORKER,),
    "sec.enter_job(uuid)": (WORKER,),
    "sec.finish_job(uuid,text)": (WORKER,),
    # Mails: each leased, entered by itself, and kept in the entered organisation.
    "sec.claim_delivery(text,interval)": (WORKER,),
    "sec.enter_delivery(uuid,uuid)": (WORKER,),
    "sec.keep_sent(uuid)": (WORKER,),
    "sec.keep_dropped(uuid,text)": (WORKER,),
    "sec.keep_parked(uuid,text,interval)": (WORKER,),
    "sec.keep_refused(uuid,text,interval,boolean,interval)": (WORKER,),
    "sec.sweep_deliveries(integer)": (WORKER,),
    # A manager's, for the own organisation; the steward's, who gets numbers over all.
    "sec.settle_failed(uuid,boolean)": (WEB,),
    "sec.delivery_counts()": (WEB,),
    "sec.retry_deliveries(text,text)": (WEB,),
    "sec.due_referrals(integer)": (WORKER,),
    "sec.enter_due(uuid,uuid)": (WORKER,),
    "sec.refresh_records()": (WORKER,),
    # One of the entered organisation's own staff, for a referral that it sent; no client's id.
    "sec.looks_after(uuid)": (WORKER,),
    "sec.sweep(integer)": (WORKER,),
    "sec.close_lapsed(integer)": (WORKER,),
    "sec.destroy_closed(integer)": (WORKER,),
    # Running time never grows faster than the database's own clock, whatever the caller says of its machine.
    "sec.beat_clock(text,double precision)": (WORKER,),
    # Of no organisation: how the clock stands. The web in the steward's context alone.
    "sec.clock_state()": (WEB, WORKER, MIGRATOR),
    "sec.continue_clock()": (WEB, MIGRATOR),
    "sec.clock_right()": (PUBLISHER,),
    # Only what the schedule closed before its time; back to exactly what was noted then.
    "sec.reopen_closed(timestamp with time zone)": (MIGRATOR,),
    "sec.due_clients(integer)": (WORKER,),
    "sec.enter_due_client(uuid,uuid)": (WORKER,),
    # Erasing: by who works with the client, or by the schedule when it is time; nothing else of it can be called.
    "sec.erase_client(uuid,text)": (WEB, WORKER),
    "sec.own_retention(integer)": (WEB,),
    "sec.retention_preview(integer)": (MIGRATOR,),
    "sec.set_retention(text,integer)": (MIGRATOR,),
    "sec.erase_keyless()": (MIGRATOR,),
    "sec.seal_audit(integer)": (WORKER,),
    "sec.witness_audit()": (WORKER,),
    "sec.prune_audit(integer)": (WORKER,),
    # Each scheduled task notes how it went: a name of ours, moments and counts.
    "sec.note_task_started(text)": (WORKER, PUBLISHER),
    "sec.note_task_succeeded(text,interval)": (WORKER, PUBLISHER),
    "sec.note_task_failed(text,text,integer,integer,interval)": (WORKER, PUBLISHER),
    "sec.sweep_errors(integer)": (WORKER,),
    # The web looks whether they run, without anybody's session, and tells the stewards once.
    "sec.look_at_tasks(text[],interval)": (WEB,),
    "sec.note_late(text[])": (WEB,),
    "sec.claim_alerts()": (WEB,),
    "sec.note_alert(uuid,uuid,text,text)": (WEB,),
    "sec.note_error(text,text,text)": (WEB,),
    # The steward alone; no row of any organisation.
    "sec.task_heartbeats()": (WEB,),
    "sec.recent_incidents(integer)": (WEB,),
    "sec.open_incidents()": (WEB,),
    "sec.error_counts()": (WEB,),
    # Whoever sets an installation up, and checks that the audit is as it was written.
    "sec.audit_lag()": (WORKER, MIGRATOR),
    "sec.audit_chains()": (MIGRATOR,),
    "sec.audit_links(uuid,bigint,integer)": (MIGRATOR,),
    "sec.audit_strays(uuid,integer)": (MIGRATOR,),
    "sec.audit_opened()": (MIGRATOR,),
    "sec.first_steward(uuid,text,text,text,bytea,integer,bytea,bytea,uuid,bytea,boolean)": (MIGRATOR,),
    "sec.is_empty()": (MIGRATOR,),
    # Writing an invented past, on an empty database alone.
    "sec.begin_rehearsal(bytea)": (MIGRATOR,),
    "sec.end_rehearsal()": (MIGRATOR,),
    # Whoever changes keys: sealed values and versions. The check values tell nothing without the key.
    "sec.keks_in_use()": (WEB, MIGRATOR, KEEPER),
    "sec.note_kek(integer,bytea)": (MIGRATOR, KEEPER),
    "sec.drop_old_keks()": (KEEPER,),
    "sec.key_holders()": (KEEPER,),
    "sec.enter_keys(uuid)": (KEEPER,),
    "sec.begin_keys(text)": (KEEPER,),
    "sec.end_keys(text)": (KEEPER,),
    "sec.note_rotation(text,integer)": (KEEPER,),
    "sec.rotate_seal()": (KEEPER,),
    "sec.sealed_version(bytea)": (KEEPER,),
    # Triggers: the tables' owner names them when it makes the trigger, and nobody can call them.
    "sec.check_staff()": (OWNER,),
    "sec.check_kek()": (OWNER,),
    "sec.check_sealed()": (OWNER,),
    "sec.episode_places()": (OWNER,),
    "sec.check_consent()": (OWNER,),
    "sec.check_given()": (OWNER,),
    "sec.check_invite()": (OWNER,),
    "sec.check_moment()": (OWNER,),
    "sec.check_moments()": (OWNER,),
    "sec.check_taken_back()": (OWNER,),
    "sec.stamp_audit()": (OWNER,),
    "sec.check_client()": (OWNER,),
    "sec.hush_erased()": (OWNER,),
    "sec.follow_consent()": (OWNER,),
    "sec.check_step()": (OWNER,),
    "sec.follow_state()": (OWNER,),
    "sec.count_changes()": (OWNER,),
    "sec.note_change()": (OWNER,),
    "sec.hold_client()": (OWNER,),
    "sec.follow_limit()": (OWNER,),
    "sec.tell_more_places()": (OWNER,),
    "sec.tell_over_capacity()": (OWNER,),
    "sec.add_to_caseload()": (OWNER,),
    "sec.move_in_caseload()": (OWNER,),
    "sec.hand_over_caseload()": (OWNER,),
    "sec.note_referred()": (OWNER,),
    "sec.note_reached()": (OWNER,),
    "sec.spend_keys()": (OWNER,),
    "sec.spend_clients_keys()": (OWNER,),
    "sec.begin_audit()": (OWNER,),
    "sec.note_audit()": (OWNER,),
}

LONE_KEYS = {
    "app.organisations_pkey": "every organisation stands in the directory that all see",
    "app.areas_pkey": "official codes that everybody knows",
    "app.uptake_releases_pkey": "published periods, which all see",
    "app.uptake_releases_never_overlap": "published periods, which all see",
    "app.network_settings_pkey": "one row",
    "sec.clock_pkey": "one row, and heartbeats alone write it",
    "sec.clock_runs_pkey": "starts of the worker's machines, written by heartbeats alone",
    "sec.clock_marks_pkey": "hours of running time, the same for all",
    "sec.keks_pkey": "a key-encryption key's version, the same for all",
    "sec.channels_pkey": "ways of telling somebody, the same for all; nobody names one to the database",
    "sec.key_runs_pkey": "which change of keys runs, and the keeper alone writes it",
    "sec.retention_pkey": "kinds of record, the same for all",
    "sec.heartbeats_pkey": "names of scheduled tasks, the same for all",
    "sec.watch_pkey": "one row, and the web's functions write it",
    "sec.incidents_pkey": "random ids, written by sec alone",
    "sec.incidents_open": "one row at most, written by sec alone",
    "sec.errors_pkey": "random ids of errors, which hold nothing of anybody",
    "sec.seal_key_pkey": "one row, and nobody writes it",
    "sec.rehearsal_pkey": "one row, and the migrator's functions write it",
    "sec.sessions_pkey": "hashes of random tokens, written by sec alone",
    "sec.credentials_pkey": "random ids, written by sec alone",
    "sec.credentials_login_key": "one person's; only an invitation's holder learns that it is taken",
}
"""Unique keys that name no organisation, and why they answer no question about another's rows."""
