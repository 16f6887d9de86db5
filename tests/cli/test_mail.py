from __future__ import annotations

import os
import select
import signal
import smtplib
import socket
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

from click.testing import CliRunner

from app.cli.__main__ import commands


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _send(port: int) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "spean@example.org", "dara@example.org", "R-8KQ2M7T: មានព័ត៌មានថ្មី"
    mail.set_content("ព័ត៌មាន")
    with smtplib.SMTP("127.0.0.1", port) as line:
        line.send_message(mail)


def test_mail_is_kept_listed_and_the_sink_ends_when_asked(tmp_path: Path) -> None:
    port = _free_port()
    environ = {**os.environ, "SPEAN_SMTP_URL": f"smtp://127.0.0.1:{port}", "SPEAN_MAIL_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "app.cli", "mail-sink"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdout
        try:
            assert select.select([sink.stdout], [], [], 20)[0]
            assert "is kept" in sink.stdout.readline()
            _send(port)
        finally:
            sink.send_signal(signal.SIGTERM)
        assert sink.wait(timeout=10) == 0
    listed = CliRunner().invoke(commands, ["mail", "--folder", str(tmp_path)]).stdout
    assert "dara@example.org  R-8KQ2M7T: មានព័ត៌មានថ្មី" in listed
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_the_sink_stays_on_this_machine(tmp_path: Path) -> None:
    for url in ("smtp://192.0.2.7:25", "smtp://mail.example.org", "smtp://127.0.0.1:port"):
        runner = CliRunner(env={"SPEAN_SMTP_URL": url})
        result = runner.invoke(commands, ["mail-sink", "--folder", str(tmp_path)])
        assert (result.exit_code, "this machine only" in result.stderr) == (2, True)


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        url = f"smtp://127.0.0.1:{holder.getsockname()[1]}"
        environ = {**os.environ, "SPEAN_SMTP_URL": url, "SPEAN_MAIL_DIR": str(tmp_path)}
        command = [sys.executable, "-m", "app.cli", "mail-sink"]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert done.stderr.startswith("Mail cannot be taken at 127.0.0.1:")
    assert done.stderr.count("\n") == 1
