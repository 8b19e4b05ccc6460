package mailstore

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// schemaVersion is the form of keys and rows that this program writes. It
// stands in the account row; an account of a higher version is refused.
//
// The account row of an account that has never had an object is written as version 3,
// which programs understand that know of no objects.
const schemaVersion = 4

const schemaWithoutObjects = 3

// Kinds of rows in an account's partition: the first byte of every key. All
// numbers in keys are big-endian, so that byte order is number order. Kinds
// below kindPage are the head: few and small rows, read in one scan when the
// account is opened.
//
//	01                                account row (see rows.go)
//	02 mailbox:8                      mailbox row
//	03 name                           subscription; no value
//	04 flagset:4                      flag set, or a mark that its number was given out (see flagtable.go)
//	05 mailbox:8                      access control list (see acl.go)
//	06 mailbox:8                      modseq of the last change of a \Seen that is not the owner's
//	10 mailbox:8 uid:4                page (see pagecodec.go); uid is not above the
//	                                  page's first and above the last of the page before
//	11 mailbox:8 modseq:8             UIDs expunged by that commit
//	12 mailbox:8 account:8 uid/256:4  \Seen of 256 UIDs for another account (see seenblock.go)
//	13 mailbox:8 uid:4 account:8 entry annotation of a message (see annotation_rows.go); account 0: shared
//	20 emailid/256:8                  extra references of 256 contents; no row: none
//	21 hash:8 emailid:8               ThreadID:8 of a message that has or names the Message-ID
//	22 emailid:8                      the hashes under which 21 holds the message
//	23 emailid:8                      staging: content that no page names yet
//	24 sha256:16                      import ledger: a key that was imported; no value
//	25 mailbox:8 account:8 entry       metadata (see metadata_rows.go); mailbox 0: of the server,
//	                                  account 0: shared, or the owner's own
//	27 account:8 mailbox:8            mailbox access key (see urlkeys.go); account 0: the owner's own
//	28 emailid:8 token:8              object that no row above names any more, since when (see object.go)
//	29 account:8                      another account in which this one may have left rows (see guests.go)
//	2f                                of an account that was removed, alone but for 28 and 29: the highest
//	                                  UIDVALIDITY:4 that it gave out
//	30 emailid:8                      summary (message.Summary)
//	31 emailid:8                      header block, or its first headerRow bytes
//	32 emailid:8 chunk:4              bytes of the message after the header row
//	33 emailid:8                      object that holds the message, of which the rows above hold
//	                                  only the beginning (see object.go)
const (
	kindAccount      = 0x01
	kindMailbox      = 0x02
	kindSubscription = 0x03
	kindFlagSet      = 0x04
	kindACL          = 0x05
	kindSeenChange   = 0x06
	kindPage         = 0x10
	kindExpunged     = 0x11
	kindSeen         = 0x12
	kindAnnotation   = 0x13
	kindRefs         = 0x20
	kindThread       = 0x21
	kindThreadOf     = 0x22
	kindStaging      = 0x23
	kindImported     = 0x24
	kindMetadata     = 0x25
	kindURLKey       = 0x27
	kindForgotten    = 0x28
	kindGuest        = 0x29
	kindGone         = 0x2f
	kindSummary      = 0x30
	kindHeader       = 0x31
	kindBody         = 0x32
	kindObject       = 0x33
)

// kindRange gives the bounds [start, end) of all rows of a kind.
func kindRange(kind byte) (start, end []byte) { return []byte{kind}, []byte{kind + 1} }

// headRange gives the bounds of the rows that are read on opening an account.
func headRange() (start, end []byte) { return []byte{kindAccount}, []byte{kindPage} }

func accountKey() []byte { return []byte{kindAccount} }

func goneKey() []byte { return []byte{kindGone} }

func mailboxKey(id restante.MailboxID) []byte { return key64(kindMailbox, uint64(id)) }

func subscriptionKey(name string) []byte {
	return append([]byte{kindSubscription}, name...)
}

func flagSetKey(id FlagSetID) []byte {
	return binary.BigEndian.AppendUint32([]byte{kindFlagSet}, uint32(id))
}

func aclKey(id restante.MailboxID) []byte { return key64(kindACL, uint64(id)) }

func pageKey(id restante.MailboxID, first restante.UID) []byte {
	return appendPageKey(make([]byte, 0, 13), id, first)
}

func appendPageKey(dst []byte, id restante.MailboxID, first restante.UID) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, kindPage), uint64(id))
	return binary.BigEndian.AppendUint32(dst, uint32(first))
}

// pageRange gives the bounds of a mailbox's pages.
func pageRange(id restante.MailboxID) (start, end []byte) {
	return key64(kindPage, uint64(id)), key64(kindPage, uint64(id)+1)
}

func expungedKey(id restante.MailboxID, at restante.ModSeq) []byte {
	dst := binary.BigEndian.AppendUint64(append(make([]byte, 0, 17), kindExpunged), uint64(id))
	return binary.BigEndian.AppendUint64(dst, uint64(at))
}

// expungedRange gives the bounds of a mailbox's history of expunges.
func expungedRange(id restante.MailboxID) (start, end []byte) {
	return key64(kindExpunged, uint64(id)), key64(kindExpunged, uint64(id)+1)
}

func seenChangeKey(id restante.MailboxID) []byte { return key64(kindSeenChange, uint64(id)) }

func seenKey(id restante.MailboxID, viewer restante.AccountID, block uint32) []byte {
	dst := binary.BigEndian.AppendUint64(append(make([]byte, 0, 21), kindSeen), uint64(id))
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(dst, uint64(viewer)), block)
}

// seenRange gives the bounds of what one account has seen of a mailbox.
func seenRange(id restante.MailboxID, viewer restante.AccountID) (start, end []byte) {
	return seenKey(id, viewer, 0), seenKey(id, viewer+1, 0)
}

// allSeenRange gives the bounds of what other accounts have seen of a mailbox.
func allSeenRange(id restante.MailboxID) (start, end []byte) {
	return key64(kindSeen, uint64(id)), key64(kindSeen, uint64(id)+1)
}

func refsKey(block uint64) []byte { return key64(kindRefs, block) }

func threadKey(hash uint64, id restante.EmailID) []byte {
	dst := binary.BigEndian.AppendUint64(append(make([]byte, 0, 17), kindThread), hash)
	return binary.BigEndian.AppendUint64(dst, uint64(id))
}

func threadOfKey(id restante.EmailID) []byte { return key64(kindThreadOf, uint64(id)) }
func stagingKey(id restante.EmailID) []byte  { return key64(kindStaging, uint64(id)) }

// importedKey names an import key by its hash, so that any key fits.
func importedKey(key []byte) []byte {
	sum := sha256.Sum256(key)
	return append([]byte{kindImported}, sum[:16]...)
}

func summaryKey(id restante.EmailID) []byte { return key64(kindSummary, uint64(id)) }
func headerKey(id restante.EmailID) []byte  { return key64(kindHeader, uint64(id)) }

func bodyKey(id restante.EmailID, chunk uint32) []byte {
	return appendBodyKey(make([]byte, 0, 13), id, chunk)
}

func appendBodyKey(dst []byte, id restante.EmailID, chunk uint32) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, kindBody), uint64(id))
	return binary.BigEndian.AppendUint32(dst, chunk)
}

func objectKey(id restante.EmailID) []byte { return key64(kindObject, uint64(id)) }

func forgottenKey(id restante.EmailID, token uint64) []byte {
	dst := binary.BigEndian.AppendUint64(append(make([]byte, 0, 17), kindForgotten), uint64(id))
	return binary.BigEndian.AppendUint64(dst, token)
}

// contentRange gives the bounds of the rows of one kind that belong to the
// contents first to last.
func contentRange(kind byte, first, last restante.EmailID) (start, end []byte) {
	return key64(kind, uint64(first)), key64(kind, uint64(last)+1)
}

// threadRange gives the bounds of the rows of a hash.
func threadRange(hash uint64) kv.Range {
	r := kv.Range{Start: key64(kindThread, hash), End: []byte{kindThread + 1}}
	if hash != 1<<64-1 {
		r.End = key64(kindThread, hash+1)
	}
	return r
}

func key64(kind byte, n uint64) []byte {
	return appendKey64(make([]byte, 0, 9), kind, n)
}

func appendKey64(dst []byte, kind byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, kind), n)
}

// keyNumber reads the number that follows a key's kind, and what is after it.
// ok is false for a key that is too short.
func keyNumber(key []byte) (n uint64, rest []byte, ok bool) {
	if len(key) < 9 {
		return 0, nil, false
	}
	return binary.BigEndian.Uint64(key[1:]), key[9:], true
}

// pageKeyUID reads the UID in a page's key.
func pageKeyUID(key []byte) (restante.UID, bool) {
	if len(key) != 13 {
		return 0, false
	}
	return restante.UID(binary.BigEndian.Uint32(key[9:])), true
}

// expungedModSeq reads the modseq in the key of an expunge.
func expungedModSeq(key []byte) (restante.ModSeq, bool) {
	if len(key) != 17 {
		return 0, false
	}
	return restante.ModSeq(binary.BigEndian.Uint64(key[9:])), true
}
