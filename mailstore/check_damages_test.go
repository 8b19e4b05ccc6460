package mailstore

import (
	"slices"

	"github.com/restante/restante/message"
)

var damages = []struct {
	name   string
	damage func(*damaged)
	kind   FindingKind
	// lost: only Repair with DropLost puts it right.
	lost bool
	// messages that INBOX and all mailboxes have less, once repaired
	inbox, all int
}{
	{"counts", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.mailbox.Unseen += 3; b.mailbox.Size-- }) }, FindCount, false, 0, 0},
	{"usage", func(d *damaged) { d.head(1, func(a *accountRow, _ *box) { a.usage.Bytes++ }) }, FindCount, false, 0, 0},
	{"history count", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.history = 0 }) }, FindCount, false, 0, 0},
	{"uidnext", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.mailbox.UIDNext = 250 }) }, FindMailbox, false, 0, 0},
	{"modseq", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.mailbox.HighestModSeq = 1000 }) }, FindMailbox, false, 0, 0},
	{"uidvalidity", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.mailbox.UIDValidity = 1 << 31 }) }, FindMailbox, false, 0, 0},
	{"no select", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.mailbox.NoSelect = true }) }, FindMailbox, false, 0, 0},
	{"next numbers", func(d *damaged) { d.head(1, func(a *accountRow, _ *box) { a.nextEmail, a.nextMailbox = 10, 2 }) }, FindAccount, false, 0, 0},
	{"name", func(d *damaged) { d.head(2, func(_ *accountRow, b *box) { b.mailbox.Name = "INBOX" }) }, FindMailbox, false, 0, 0},
	{"superior", func(d *damaged) { d.delete(mailboxKey(2)) }, FindMailbox, false, 0, 0},
	{"special use", func(d *damaged) {
		d.head(3, func(_ *accountRow, b *box) { b.mailbox.SpecialUse = []string{`\Nonsense`} })
	}, FindMailbox, false, 0, 0},
	{"no inbox", func(d *damaged) { d.delete(mailboxKey(1)) }, FindOrphan, false, 292, 0},
	{"subscription", func(d *damaged) { d.set(subscriptionKey("a//b"), nil) }, FindMailbox, false, 0, 0},
	{"acl", func(d *damaged) { d.set(aclKey(1), []byte{1}) }, FindACL, false, 0, 0},
	{"acl of nothing", func(d *damaged) { d.set(aclKey(77), appendACL(nil, ACL{{"anyone", RightRead}})) }, FindACL, false, 0, 0},
	{"seen", func(d *damaged) { d.set(seenKey(1, 300, 0), []byte{1}) }, FindSeen, false, 0, 0},
	{"seen of nothing", func(d *damaged) { d.set(seenKey(77, 300, 0), seenBlock{{0, 0, true, 1}}.appendTo(nil)) }, FindSeen, false, 0, 0},
	{"seen above UIDNEXT", func(d *damaged) { d.set(seenKey(1, 300, 9), seenBlock{{0, 0, true, 1}}.appendTo(nil)) }, FindSeen, false, 0, 0},
	{"seen change", func(d *damaged) { d.set(seenChangeKey(77), []byte{1}) }, FindSeen, false, 0, 0},
	{"seen but never changed", func(d *damaged) { d.set(seenKey(1, 300, 0), seenBlock{{3, 4, true, 1}}.appendTo(nil)) }, FindSeen, false, 0, 0},
	{"seen after the last change", func(d *damaged) {
		d.set(seenKey(1, 300, 0), seenBlock{{3, 4, true, 2}}.appendTo(nil))
		d.set(seenChangeKey(1), []byte{1})
	}, FindSeen, false, 0, 0},
	{"history of nothing", func(d *damaged) { d.set(expungedKey(77, 3), appendUIDSet(nil, UIDSet{{1, 2}})) }, FindOrphan, false, 0, 0},
	{"history above UIDNEXT", func(d *damaged) { d.set(expungedKey(1, 3), appendUIDSet(nil, UIDSet{{1000, 1001}})) }, FindHistory, false, 0, 0},
	{"history of present", func(d *damaged) { d.set(expungedKey(1, 3), appendUIDSet(nil, UIDSet{{5, 6}})) }, FindHistory, false, 0, 0},
	{"history not whole", func(d *damaged) { d.set(expungedKey(1, 7), appendUIDSet(nil, UIDSet{{20, 22}, {200, 203}})) }, FindHistory, false, 0, 0},
	{"uids that never were", func(d *damaged) { d.head(2, func(_ *accountRow, b *box) { b.mailbox.UIDNext = 33 }) }, FindHistory, false, 0, 0},
	{"expunge after the last change", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.mailbox.HighestModSeq = 6 }) }, FindHistory, false, 0, 0},
	{"history row", func(d *damaged) { d.set(expungedKey(1, 3), []byte{0}) }, FindHistory, false, 0, 0},
	{"flag set", func(d *damaged) { d.page(func(m []Message) []Message { m[3].FlagSet = 99; return m }) }, FindFlags, false, 0, 0},
	{"message modseq", func(d *damaged) { d.page(func(m []Message) []Message { m[3].ModSeq = 99; return m }) }, FindMessage, false, 0, 0},
	{"sent date", func(d *damaged) { d.page(func(m []Message) []Message { m[3].SentDate.Unix++; return m }) }, FindMessage, false, 0, 0},
	{"zone of the sent date", func(d *damaged) { d.page(func(m []Message) []Message { m[4].SentDate.Zone = -5; return m }) }, FindMessage, false, 0, 0},
	{"entry gone", func(d *damaged) { d.page(func(m []Message) []Message { return slices.Delete(m, 3, 4) }) }, FindOrphan, false, 1, 1},
	{"page damaged", func(d *damaged) { d.set(pageKey(1, 1), []byte("junk")) }, FindPage, true, 248, 17},
	{"refs", func(d *damaged) { d.delete(refsKey(0)) }, FindRefs, false, 0, 0},
	{"refs too many", func(d *damaged) { d.set(refsKey(7), []byte{1, 1}) }, FindRefs, false, 0, 0},
	{"summary gone", func(d *damaged) { d.delete(summaryKey(5)) }, FindSummary, false, 0, 0},
	{"summary junk", func(d *damaged) { d.set(summaryKey(5), []byte("junk")) }, FindSummary, false, 0, 0},
	{"summary of another", func(d *damaged) {
		d.set(summaryKey(5), message.Parse([]byte("Subject: x\r\n\r\n")).AppendSummary(nil))
	}, FindSummary, false, 0, 0},
	{"header gone", func(d *damaged) { d.delete(headerKey(10)) }, FindContent, true, 1, 2},
	{"body gone", func(d *damaged) { d.delete(bodyKey(290, 0)) }, FindContent, true, 1, 1},
	{"body short", func(d *damaged) { d.delete(bodyKey(290, 1)) }, FindContent, true, 1, 1},
	{"orphan", func(d *damaged) { d.set(summaryKey(4000), []byte("x")); d.set(bodyKey(4000, 2), []byte("x")) }, FindOrphan, false, 0, 0},
	{"upload", func(d *damaged) {
		d.set(stagingKey(4000), []byte{1})
		d.set(bodyKey(4000, 2), []byte("x"))
	}, FindUpload, false, 0, 0},
	{"upload that is named", func(d *damaged) { d.set(stagingKey(5), []byte{1}) }, FindUpload, false, 0, 0},
	{"thread row", func(d *damaged) { d.set(threadKey(5, 5), make([]byte, 8)) }, FindThread, false, 0, 0},
	{"thread list", func(d *damaged) { d.set(threadOfKey(5), make([]byte, 8)) }, FindThread, false, 0, 0},
	{"threads of nothing", func(d *damaged) { d.set(threadOfKey(5000), make([]byte, 8)) }, FindThread, false, 0, 0},
	{"metadata usage", func(d *damaged) { d.head(1, func(a *accountRow, _ *box) { a.usage.Metadata++ }) }, FindCount, false, 0, 0},
	{"access key unread", func(d *damaged) { d.set(urlKeyKey(URLKeyPlace{Mailbox: 3}), []byte("junk")) }, FindURLKey, false, 0, 0},
	{"access key of nothing", func(d *damaged) { d.set(urlKeyKey(URLKeyPlace{Mailbox: 99}), append([]byte{1}, make([]byte, 32)...)) }, FindURLKey, false, 0, 0},
	{"metadata unread", func(d *damaged) { d.set(metadataKey(3, 0, "/private/comment"), []byte("junk")) }, FindMetadata, false, 0, 0},
	{"metadata of nothing", func(d *damaged) { d.set(metadataKey(99, 0, "/private/x"), []byte{1, 0, 0}) }, FindMetadata, false, 0, 0},
	{"metadata key", func(d *damaged) { d.set(metadataKey(3, 0, "/private/x*"), []byte{1, 0, 0}) }, FindMetadata, false, 0, 0},
	{"metadata modseq", func(d *damaged) { d.head(3, func(_ *accountRow, b *box) { b.mailbox.MetadataModSeq = 0 }) }, FindMetadata, false, 0, 0},
	{"server metadata modseq", func(d *damaged) { d.head(3, func(a *accountRow, _ *box) { a.metadata = 0 }) }, FindMetadata, false, 0, 0},
	{"import row", func(d *damaged) { d.set([]byte{kindImported, 1}, nil) }, FindRow, false, 0, 0},
}
