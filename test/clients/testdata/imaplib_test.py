"""Calls every method of imaplib's classes against a running server.

Arguments: the IMAP port (STARTTLS), the IMAPS port, the file of the authority
that signed the server's certificate, a user name, the password.
"""

import imaplib
import inspect
import ssl
import sys
import time

PORT, TLS_PORT, CA, USER, PASSWORD = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]
HOST = "localhost"
called = set()

MESSAGE = (
    b"From: Bob <bob@example.com>\r\nTo: Alice <alice@example.org>\r\nSubject: %s\r\n"
    b"Date: Mon, 7 Feb 2022 21:52:25 +0100\r\nMessage-ID: <%s@example.com>\r\n\r\nThe %s text.\r\n"
)


def message(name):
    return MESSAGE % (name, name, name)


class Recorder:
    """Stands for a connection and remembers which of its methods were called."""

    def __init__(self, connection):
        self.__dict__["connection"] = connection

    def __getattr__(self, name):
        value = getattr(self.connection, name)
        if callable(value):
            called.add(name)
        return value

    def __setattr__(self, name, value):
        setattr(self.connection, name, value)


def equal(got, want, what):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


def ok(answer, what):
    typ, data = answer
    assert typ == "OK", f"{what}: {answer!r}"
    return data


def refused(call, *args, capability):
    """The server does not know the command, or has no such capability: it says so."""
    assert capability not in connection.capabilities, f"{capability} is advertised: test it"
    try:
        typ, data = call(*args)
    except imaplib.IMAP4.error as e:
        assert "BAD" in str(e) or "NO" in str(e), f"{call.__name__}: {e}"
    else:
        assert typ in ("NO", "BAD"), f"{call.__name__}: {typ} {data}"
    ok(connection.noop(), "noop")  # many bad commands in a row end the connection


def status(c, mailbox, items):
    words = ok(c.status(mailbox, items), "status")[0].decode().partition("(")[2].rstrip(")").split()
    return {name: int(value) for name, value in zip(words[::2], words[1::2])}


def tls_context():
    return ssl.create_default_context(cafile=CA)


def over_starttls():
    c = Recorder(imaplib.IMAP4(HOST, PORT))
    assert "STARTTLS" in c.capabilities, c.capabilities
    ok(c.starttls(tls_context()), "starttls")
    assert "STARTTLS" not in c.capabilities, c.capabilities
    ok(c.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode()), "authenticate")
    equal(c.state, "AUTH", "state after authenticate")
    typ, data = c.logout()
    equal(typ, "BYE", "logout")


def wrong_passwords():
    c = Recorder(imaplib.IMAP4_SSL(HOST, TLS_PORT, ssl_context=tls_context()))
    assert "AUTH=CRAM-MD5" not in c.capabilities, c.capabilities
    for attempt in (
        lambda: c.login(USER, "wrong"),
        lambda: c.login_cram_md5(USER, PASSWORD),
        lambda: c.authenticate("PLAIN", lambda _: b"\0nobody\0wrong"),
        lambda: c.authenticate("PLAIN", lambda _: None),
    ):
        try:
            attempt()
        except imaplib.IMAP4.error as e:
            assert PASSWORD not in str(e), e
        else:
            raise AssertionError("a wrong login was taken")
    c.shutdown()


def mailboxes(c):
    ok(c.create("Lists"), "create")
    ok(c.create("Lists/Go"), "create")
    equal(c.create("Lists/Go")[0], "NO", "create again")
    ok(c.subscribe("Lists/Go"), "subscribe")
    names = [line.decode().split(' "/" ')[1].strip('"') for line in ok(c.list(), "list")]
    assert "Lists/Go" in names and "INBOX" in names, names
    equal(ok(c.list("Lists/", "%"), "list")[0].split()[-1], b'"Lists/Go"', "list of a level")
    equal(ok(c.list('""', "nothing*"), "list"), [None], "list of nothing")
    assert any(b"Lists/Go" in line for line in ok(c.lsub(), "lsub"))
    ok(c.unsubscribe("Lists/Go"), "unsubscribe")
    assert not any(line and b"Lists/Go" in line for line in ok(c.lsub(), "lsub"))
    ok(c.rename("Lists/Go", "Lists/Rust"), "rename")
    equal(c.delete("Lists/Go")[0], "NO", "delete of what is not there")
    ok(c.delete("Lists/Rust"), "delete")
    equal(ok(c.namespace(), "namespace"), [b'(("" "/")) (("Other Users/" "/")) (("Shared/" "/"))'], "namespace")


def appends(c):
    data = ok(c.append("INBOX", r"(\Seen $Forwarded)", imaplib.Time2Internaldate(1644267145), message(b"one")), "append")
    assert data[0].startswith(b"[APPENDUID "), data
    ok(c.append("INBOX", "", None, message(b"two")), "append")
    ok(c.append("INBOX", r"\Draft", None, message(b"three")), "append")
    equal(c.append("Nowhere", None, None, message(b"lost"))[0], "NO", "append to nowhere")
    equal(status(c, "INBOX", "(MESSAGES UNSEEN UIDNEXT)"), {"MESSAGES": 3, "UNSEEN": 2, "UIDNEXT": 4}, "status")


def reads(c):
    equal(ok(c.select("INBOX", readonly=True), "examine"), [b"3"], "examine")
    assert c.is_readonly
    equal(c.response("UIDNEXT"), ("UIDNEXT", [b"4"]), "response")
    ok(c.unselect(), "unselect")
    equal(ok(c.select(), "select"), [b"3"], "select")
    equal(ok(c.search(None, "ALL"), "search"), [b"1 2 3"], "search")
    equal(ok(c.search("UTF-8", "SUBJECT", '"two"', "UNSEEN"), "search"), [b"2"], "search")
    equal(ok(c.search(None, "BODY", '"three text"'), "search"), [b"3"], "search")
    equal(ok(c.search(None, "SUBJECT", '"nothing"'), "search"), [b""], "search for nothing")
    c.literal = "Tôt".encode()
    equal(ok(c.search("UTF-8", "TEXT"), "search with a literal"), [b""], "search with a literal")

    data = ok(c.fetch("1", "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"), "fetch")
    equal(data[0][1], message(b"one"), "message")
    equal(set(imaplib.ParseFlags(data[0][0])) - {b"\\Recent"}, {b"\\Seen", b"$Forwarded"}, "flags")
    equal(time.mktime(imaplib.Internaldate2tuple(data[0][0])), 1644267145.0, "internal date")
    assert b"RFC822.SIZE %d" % len(message(b"one")) in data[0][0], data
    data = ok(c.fetch("1:*", "(BODY[HEADER.FIELDS (SUBJECT)] BODY[TEXT]<4.3>)"), "fetch")
    equal([d[1] for d in data if isinstance(d, tuple)][:2], [b"Subject: one\r\n\r\n", b"one"], "fields and part")
    data = ok(c.uid("FETCH", "3", "(ENVELOPE BODYSTRUCTURE)"), "uid fetch")
    assert b'"three"' in data[0] and b'"text" "plain"' in data[0].lower(), data
    equal(ok(c.uid("SEARCH", "HEADER", "Message-ID", "two"), "uid search"), [b"2"], "uid search")
    refused(c.partial, "1", "RFC822", "1", "10", capability="IMAP4")  # RFC 1730's command, which is not RFC 9394
    equal(ok(c.sort("SUBJECT", "UTF-8", "ALL"), "sort"), [b"1 3 2"], "sort")
    equal(ok(c.sort("(SUBJECT)", "US-ASCII", "NOT", "SUBJECT", "one"), "sort"), [b"3 2"], "sort")
    equal(ok(c.uid("SORT", "(REVERSE SUBJECT)", "UTF-8", "ALL"), "uid sort"), [b"2 3 1"], "uid sort")
    for algorithm in ("ORDEREDSUBJECT", "REFERENCES", "REFS"):
        equal(sorted(ok(c.thread(algorithm, "UTF-8", "ALL"), "thread")[0].strip(b"()").split(b")(")), [b"1", b"2", b"3"], algorithm)


def changes(c):
    data = ok(c.store("2", "+FLAGS", r"(\Flagged \Deleted)"), "store")
    assert b"\\Deleted" in data[0], data
    ok(c.store("1", "FLAGS.SILENT", r"\Answered"), "store")
    ok(c.store("2", "-FLAGS", r"\Flagged"), "store")
    ok(c.check(), "check")
    ok(c.create("Archive/2022"), "create")
    assert ok(c.copy("1,3", "Archive/2022"), "copy")[0].startswith(b"[COPYUID "), "copy"
    equal(c.copy("1", "Nowhere")[0], "NO", "copy to nowhere")
    equal(ok(c.expunge(), "expunge"), [b"2"], "expunge")
    equal(ok(c.expunge(), "expunge"), [None], "expunge of nothing")
    ok(c.uid("MOVE", "3", "Archive/2022"), "uid move")
    ok(c.noop(), "noop")
    equal(status(c, "Archive/2022", "(MESSAGES)"), {"MESSAGES": 3}, "status")
    ok(c.store("1", "+FLAGS", r"\Deleted"), "store")
    ok(c.close(), "close")
    equal(status(c, "INBOX", "(MESSAGES)"), {"MESSAGES": 0}, "status after close")
    ok(c.delete("Archive/2022"), "delete")


def news(c):
    """Another connection's changes are told: recent, noop and, from Python 3.14, idle."""
    ok(c.select("INBOX"), "select")
    other = Recorder(imaplib.IMAP4_SSL(HOST, TLS_PORT, ssl_context=tls_context()))
    ok(other.login(USER, PASSWORD), "login")
    ok(other.append("INBOX", None, None, message(b"news")), "append")
    ok(c.noop(), "noop")
    equal(c.response("EXISTS")[1][-1], b"1", "news")
    equal(ok(c.recent(), "recent")[-1], b"1", "recent")
    if hasattr(imaplib.IMAP4, "idle"):
        with c.idle(duration=300) as idler:
            ok(other.append("INBOX", None, None, message(b"more")), "append")
            for typ, data in idler:
                if typ == "EXISTS":
                    equal(data, [b"2"], "idle")
                    break
            else:
                raise AssertionError("IDLE told nothing")
    other.logout()


def enabled(c):
    equal(c.delete("INBOX")[0], "NO", "delete of INBOX")
    ok(c.select(), "select")
    ok(c.store("1:*", "+FLAGS", r"\Deleted"), "store")
    ok(c.close(), "close")
    ok(c.append("INBOX", None, None, "Subject: Grüße\r\n\r\nTschüs\r\n".encode()), "append")
    typ, data = c.enable("UTF8=ACCEPT")
    equal(typ, "OK", "enable")
    assert c.utf8_enabled
    ok(c.create('"Entwürfe & Älteres"'), "create in UTF-8")
    assert any("Entwürfe & Älteres".encode() in line for line in ok(c.list(), "list"))
    # Not append: imaplib then writes "UTF8 (" into the message (RFC 9755 §4 means it around the literal).
    ok(c.select(), "select")
    ok(c.copy("1", '"Entwürfe & Älteres"'), "copy in UTF-8")
    ok(c.select('"Entwürfe & Älteres"'), "select in UTF-8")
    equal(ok(c.search(None, "SUBJECT", '"grüße"'), "search"), [b"1"], "search in UTF-8")


def extensions(c):
    ok(c.unselect(), "unselect")
    whole = f"{USER} lrswipkxteancd"
    equal(ok(c.myrights("INBOX"), "myrights"), [b'"INBOX" lrswipkxteancd'], "myrights")
    ok(c.setacl("INBOX", "anyone", "lr"), "setacl")
    ok(c.setacl("INBOX", "anyone", "+s"), "setacl")
    equal(ok(c.getacl("INBOX"), "getacl"), [f'"INBOX" {whole} anyone lrs'.encode()], "getacl")
    ok(c.deleteacl("INBOX", "anyone"), "deleteacl")
    equal(ok(c.getacl("INBOX"), "getacl"), [f'"INBOX" {whole}'.encode()], "getacl after deleteacl")
    equal(c.myrights("Nowhere")[0], "NO", "myrights of nothing")
    roots, quotas = ok(c.getquotaroot("INBOX"), "getquotaroot")
    equal(roots, [f'"INBOX" "#user/{USER}"'.encode()], "getquotaroot")
    assert b"MAILBOX" in quotas[0], quotas
    equal(ok(c.getquota(f'"#user/{USER}"'), "getquota"), quotas, "getquota")
    equal(c.setquota('""', "(STORAGE 1)")[0], "NO", "setquota by a user")
    refused(c.getannotation, "INBOX", '"/comment"', '"value.priv"', capability="ANNOTATEMORE")
    refused(c.setannotation, "INBOX", '("/comment" ("value.priv" "x"))', capability="ANNOTATEMORE")
    refused(c.proxyauth, "bob", capability="PROXYAUTH")
    refused(c.xatom, "XUNKNOWN", "a", capability="XUNKNOWN")
    data = ok(c.xatom("ID", '("name" "imaplib")'), "xatom")
    assert c.response("ID")[1] != [None], data


over_starttls()
wrong_passwords()
connection = Recorder(imaplib.IMAP4_SSL(HOST, TLS_PORT, ssl_context=tls_context()))
assert b"IMAP4rev1" in ok(connection.capability(), "capability")[0]
ok(connection.login(USER, PASSWORD), "login")
mailboxes(connection)
appends(connection)
reads(connection)
changes(connection)
news(connection)
extensions(connection)
enabled(connection)
connection.logout()

# Methods that the others call for every command, or that touch no server.
INNER = {"open", "read", "readline", "send", "socket", "print_log", "file"}
public = {
    name
    for cls in (imaplib.IMAP4, imaplib.IMAP4_SSL)
    for name, value in inspect.getmembers(cls, callable)
    if not name.startswith("_") and name.islower() and name not in ("error", "abort", "readonly")
}
missed = public - called - INNER
assert not missed, f"methods that were not called: {sorted(missed)}"
print(f"imaplib of Python {sys.version.split()[0]}: {len(called)} methods")
