# Calls the methods of Ruby's net-imap against a running server.
# Arguments: the IMAPS port, the IMAP port (STARTTLS), the file of the authority
# that signed the server's certificate, a user name, the password.
require "net/imap"
require "timeout"

PORT, PLAIN, CA, USER, PASSWORD = Integer(ARGV[0]), Integer(ARGV[1]), *ARGV[2..]
$checks = 0

def is(got, want, what)
  $checks += 1
  raise "#{what}: got #{got.inspect}, want #{want.inspect}" unless got == want
end

# refused runs a block that the server must answer with NO.
def refused(what)
  yield
rescue Net::IMAP::NoResponseError
  $checks += 1
else
  raise "#{what} was not refused"
end

def message(name, answers = nil)
  [
    "From: Bob <bob@example.com>", "To: Alice <alice@example.org>", "Subject: #{name}",
    "Message-ID: <#{name}@example.com>", *("In-Reply-To: <#{answers}@example.com>" if answers),
    "Date: Mon, 7 Feb 2022 21:52:25 +0100", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "",
    "--b", "Content-Type: text/plain; charset=utf-8", "", "Text of #{name}.", "--b",
    "Content-Type: application/octet-stream", "Content-Disposition: attachment; filename=a.bin",
    "Content-Transfer-Encoding: base64", "", "AAEC", "--b--", ""
  ].join("\r\n")
end

def connection
  imap = Net::IMAP.new("localhost", port: PORT, open_timeout: 300, idle_response_timeout: 300, ssl: { ca_file: CA })
  imap.login(USER, PASSWORD)
  imap
end

def starttls
  imap = Net::IMAP.new("localhost", port: PLAIN)
  imap.starttls(ca_file: CA)
  refused("a wrong password") { imap.authenticate("PLAIN", USER, "wrong") }
  imap.authenticate("PLAIN", USER, PASSWORD)
  imap.logout
  imap.disconnect
  is(imap.disconnected?, true, "disconnect")
end

def mailboxes(imap)
  imap.create("Lists/Ruby")
  refused("create again") { imap.create("Lists/Ruby") }
  imap.subscribe("Lists/Ruby")
  is(imap.lsub("", "Lists/*").map(&:name), ["Lists/Ruby"], "lsub")
  imap.unsubscribe("Lists/Ruby")
  is(imap.list("", "Lists/%").map { |l| [l.name, l.delim] }, [["Lists/Ruby", "/"]], "list")
  is(imap.list("", "Sent")[0].attr.include?(:Sent), true, "special use")
  is(imap.xlist("", "Sent")[0].attr.include?(:Sent), true, "xlist")
  spaces = imap.namespace
  is([spaces.personal, spaces.other, spaces.shared].map { |s| s[0].prefix }, ["", "Other Users/", "Shared/"], "namespace")
  name = Net::IMAP.encode_utf7("Entwürfe & テ")
  imap.create(name)
  is(Net::IMAP.decode_utf7(imap.list("", "Entw*")[0].name), "Entwürfe & テ", "names in UTF-7")
  imap.rename(name, "Drafts/Old")
  imap.delete("Drafts/Old")
  is(imap.id("name" => "net-imap").key?("name"), true, "id")
end

def messages(imap)
  imap.append("INBOX", message("one"), [:Seen, "$Work"], Time.at(1_644_267_145))
  imap.append("INBOX", message("two", "one"))
  imap.append("INBOX", message("three", "two"))
  imap.append("INBOX", message("alone"))
  is(imap.status("INBOX", %w[MESSAGES UNSEEN UIDNEXT]), { "MESSAGES" => 4, "UNSEEN" => 3, "UIDNEXT" => 5 }, "status")
  imap.examine("INBOX")
  imap.close
  imap.select("INBOX")
  is(imap.responses["EXISTS"][-1], 4, "select")
  is(imap.search(["SUBJECT", "t"]), [2, 3], "search")
  is(imap.uid_search("UNSEEN NOT SUBJECT alone"), [2, 3], "uid_search")
  is(imap.search(["TEXT", "tôt".b], "UTF-8"), [], "search in UTF-8")
  one = imap.fetch(1, %w[UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[]])[0].attr
  is(one["BODY[]"], message("one"), "fetch")
  is(one["RFC822.SIZE"], message("one").bytesize, "size")
  is((one["FLAGS"] - [:Recent]).map(&:to_s).sort, %w[$Work Seen], "flags")
  is(one["INTERNALDATE"], " 7-Feb-2022 20:52:25 +0000", "date")
  is(one["ENVELOPE"].from[0].mailbox, "bob", "envelope")
  is(one["BODYSTRUCTURE"].parts[1].disposition.param["FILENAME"], "a.bin", "structure")
  is(imap.uid_fetch(1..-1, "BODY.PEEK[HEADER.FIELDS (SUBJECT)]").size, 4, "uid_fetch")
  is(imap.fetch(1..-1, "UID").map { |f| f.attr["UID"] }, [1, 2, 3, 4], "fetch of UIDs")
end

# results asks for ESEARCH (RFC 4731) and pages (RFC 9394), for which net-imap 0.2.4 has no
# methods: it sends what it is given, and hands on what it does not know as text.
def results(imap)
  told = []
  handler = imap.add_response_handler { |r| told << r.data.to_s if r.name == "ESEARCH" }
  ask = lambda do |keys|
    told.clear
    imap.__send__(:send_command, "UID SEARCH", Net::IMAP::RawData.new(keys))
    told.map { |text| text[/UID.*/] }
  end
  is(ask.call("RETURN (MIN MAX COUNT ALL) NOT SUBJECT two"), ["UID MIN 1 MAX 4 ALL 1,3:4 COUNT 3"], "ESEARCH")
  is(ask.call("RETURN (PARTIAL 2:3) ALL"), ["UID PARTIAL (2:3 2:3)"], "PARTIAL")
  is(ask.call("RETURN (PARTIAL -1:-2) ALL"), ["UID PARTIAL (-1:-2 3:4)"], "PARTIAL from the end")
  is(ask.call("RETURN (SAVE COUNT) UNSEEN"), ["UID COUNT 3"], "SAVE")
  is(imap.uid_search("$"), [2, 3, 4], "what was saved")
  imap.remove_response_handler(handler)
end

def orders(imap)
  is(imap.sort(["SUBJECT"], ["ALL"], "UTF-8"), [4, 1, 3, 2], "sort")
  is(imap.uid_sort(%w[REVERSE SUBJECT], ["UNSEEN"], "US-ASCII"), [2, 3, 4], "uid_sort")
  chain = ->(t) { [t.seqno, *t.children.flat_map(&chain)] }
  %w[REFERENCES REFS].each do |algorithm|
    is(imap.thread(algorithm, ["ALL"], "UTF-8").map(&chain).sort, [[1, 2, 3], [4]], algorithm)
  end
  is(imap.uid_thread("ORDEREDSUBJECT", ["UNSEEN"], "UTF-8").map(&chain).sort, [[2], [3], [4]], "ORDEREDSUBJECT")
end

def changes(imap)
  imap.store(2, "+FLAGS", [:Flagged])
  is(imap.uid_store(2, "-FLAGS", [:Flagged])[0].attr["FLAGS"].include?(:Flagged), false, "uid_store")
  imap.copy(1..2, "Lists/Ruby")
  imap.uid_copy(3, "Lists/Ruby")
  imap.move(4, "Lists/Ruby")
  imap.uid_move(3, "Lists/Ruby")
  refused("copy to nowhere") { imap.copy(1, "Nowhere") }
  is(imap.status("Lists/Ruby", ["MESSAGES"]), { "MESSAGES" => 5 }, "copy and move")
  imap.responses["EXPUNGE"].clear # what MOVE told
  imap.store(2, "+FLAGS", [:Deleted])
  is(imap.expunge, [2], "expunge")
  imap.check
  imap.noop
end

# The response of GETQUOTA may have but one resource here: net-imap 0.2.4 takes a
# second one for an error.
def rights_and_quota(imap)
  imap.setacl("Lists/Ruby", "anyone", "lr")
  is(imap.getacl("Lists/Ruby").map { |a| [a.user, a.rights] }, [[USER, "lrswipkxteancd"], %w[anyone lr]], "getacl")
  imap.setacl("Lists/Ruby", "anyone", nil)
  is(imap.getacl("Lists/Ruby")[1].rights.to_s, "", "getacl of no rights")
  root, quota = imap.getquotaroot("INBOX")
  is(root.quotaroots, ["#user/#{USER}"], "getquotaroot")
  is(quota.quota.to_i, 10_000, "getquotaroot")
  is(imap.getquota("#user/#{USER}")[0].quota.to_i, 10_000, "getquota")
  refused("setquota by a user") { imap.setquota("#user/#{USER}", 1) }
end

def news(imap)
  imap.select("INBOX")
  other = connection
  Thread.new { other.append("INBOX", message("news")) }
  imap.idle(300) do |response|
    imap.idle_done if response.respond_to?(:name) && response.name == "EXISTS" && response.data == 2
  end
  is(imap.search(["ALL"]), [1, 2], "idle")
  other.logout
  other.disconnect
end

Timeout.timeout(300) do
  starttls
  imap = connection
  is((%w[IMAP4REV1 SORT ACL QUOTA IDLE MOVE THREAD=REFERENCES] - imap.capability.map(&:upcase)), [], "capability")
  mailboxes(imap)
  messages(imap)
  results(imap)
  orders(imap)
  changes(imap)
  rights_and_quota(imap)
  news(imap)
  imap.delete("Lists/Ruby")
  refused("select of what is not there") { imap.select("Lists/Ruby") }
  imap.logout
  imap.disconnect
end
puts "net-imap #{Net::IMAP::VERSION}: #{$checks} checks"
