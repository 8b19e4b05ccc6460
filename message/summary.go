package message

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"iter"

	"github.com/restante/restante"
)

// SummaryVersion is the form of a [Summary] and of the parser that filled it.
// Summaries of version 1, which have no preview, and of version 2, which guess what
// cannot be decoded, are read too; one of a version that is not known must be made
// again from the message.
const SummaryVersion = 3

// Summary is what the store keeps of a message beside its bytes: a row that
// [Message.AppendSummary] makes. The methods read from it in place and copy
// nothing, so what they return lives as long as the row's bytes. On a damaged
// row they return empty values; [Summary.Valid] tells damage.
//
// The form: a fixed head, little-endian, then the sections one after another.
//
//	 0  version, 1 octet
//	 1  flags, 1 octet
//	 2  zone of the sent date, minutes east of UTC, int16
//	 4  CRC-32C of all octets but these four
//	 8  size of the message, int64
//	16  size of its header, int64
//	24  sent date, seconds since 1970 UTC, int64
//	32  where each section ends, counted from the start of the row, uint32 each
type Summary []byte

const (
	flagSentDate = 1 << iota
	flagReplyOrForward
	flagTruncated
	flagUndecodable // of the subject; those of From, To, Cc and Bcc follow
)

type section int

const (
	secEnvelope section = iota
	secBodyStructure
	secParts
	secSubject
	secBaseSubject
	secFrom
	secTo
	secCc
	secBcc
	secFromMailbox
	secToMailbox
	secCcMailbox
	secFromDisplay
	secToDisplay
	secMessageID
	secInReplyTo
	secReferences
	secPreview // from version 2 on
	sectionCount
)

const (
	summaryTable = 32
	summaryHead  = summaryTable + 4*int(sectionCount)
)

// sections is how many sections a summary of its version has; 0 where the
// version is not known.
func (s Summary) sections() int {
	switch s.Version() {
	case 1:
		return int(secPreview)
	case 2, SummaryVersion:
		return int(sectionCount)
	}
	return 0
}

// head is the length of the fixed head; whole is false where the row is shorter
// or of a version that is not known.
func (s Summary) head() (n int, whole bool) {
	n = summaryTable + 4*s.sections()
	return n, n > summaryTable && len(s) >= n
}

func summaryChecksum(s []byte) uint32 {
	t := crc32.MakeTable(crc32.Castagnoli) // the standard library keeps this table
	return crc32.Update(crc32.Checksum(s[:4], t), t, s[8:])
}

// Valid reports whether the row is whole and of this version; the error wraps
// [restante.ErrCorrupt] where it is damaged and [restante.ErrInvalid] where it
// is of another version.
func (s Summary) Valid() error {
	if len(s) == 0 {
		return fmt.Errorf("message summary is empty: %w", restante.ErrCorrupt)
	}
	if s.sections() == 0 {
		return fmt.Errorf("message summary has version %d, want %d: %w", s[0], SummaryVersion, restante.ErrInvalid)
	}
	head, whole := s.head()
	if !whole {
		return fmt.Errorf("message summary is cut short: %w", restante.ErrCorrupt)
	}
	start := uint32(head)
	for i := range s.sections() {
		end := binary.LittleEndian.Uint32(s[summaryTable+4*i:])
		if end < start || int64(end) > int64(len(s)) {
			return fmt.Errorf("message summary has sections out of order: %w", restante.ErrCorrupt)
		}
		start = end
	}
	if int(start) != len(s) {
		return fmt.Errorf("message summary has the wrong length: %w", restante.ErrCorrupt)
	}
	if summaryChecksum(s) != binary.LittleEndian.Uint32(s[4:]) {
		return fmt.Errorf("message summary fails its checksum: %w", restante.ErrCorrupt)
	}
	return nil
}

func (s Summary) section(i section) []byte {
	head, whole := s.head()
	if !whole || int(i) >= s.sections() {
		return nil
	}
	start := uint32(head)
	if i > 0 {
		start = binary.LittleEndian.Uint32(s[summaryTable+4*int(i)-4:])
	}
	end := binary.LittleEndian.Uint32(s[summaryTable+4*int(i):])
	if start < uint32(head) || start > end || int64(end) > int64(len(s)) {
		return nil
	}
	return s[start:end:end]
}

func (s Summary) flag(f byte) bool {
	_, whole := s.head()
	return whole && s[1]&f != 0
}

// Undecodable reports whether the text of a field, of Subject, From, To, Cc and Bcc
// by this order, is in no charset that is known, or wrong in its own: the summary has
// its octets then (RFC 5255 §4.6).
func (s Summary) Undecodable(field int) bool { return s.flag(flagUndecodable << field) }

func (s Summary) number(at int) int64 {
	if _, whole := s.head(); !whole {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(s[at:]))
}

// Version is the version of the form and parser; 0 where the row is empty.
func (s Summary) Version() int {
	if len(s) == 0 {
		return 0
	}
	return int(s[0])
}

// Size is the size of the message in octets (RFC822.SIZE).
func (s Summary) Size() int64 { return s.number(8) }

// HeaderSize is the size in octets of the message's header with the empty line
// that ends it.
func (s Summary) HeaderSize() int64 { return s.number(16) }

// SentDate is the date and time of the Date field: seconds since 1970 UTC, and
// its zone in minutes east of UTC. ok is false where there is no valid date;
// SORT then takes the internal date (RFC 5256 §2.2).
func (s Summary) SentDate() (unix int64, zone int, ok bool) {
	if !s.flag(flagSentDate) {
		return 0, 0, false
	}
	return s.number(24), int(int16(binary.LittleEndian.Uint16(s[2:]))), true
}

// Envelope is the ENVELOPE in wire form, with its parentheses (RFC 9051 §7.5.2).
func (s Summary) Envelope() []byte { return s.section(secEnvelope) }

// BodyStructure is the BODYSTRUCTURE with extension data in wire form.
func (s Summary) BodyStructure() []byte { return s.section(secBodyStructure) }

// AppendBody appends the BODY item, which is BODYSTRUCTURE without its
// extension data.
func (s Summary) AppendBody(dst []byte) []byte {
	return appendBodyOf(dst, s.section(secBodyStructure))
}

// Subject is the subject decoded to UTF-8 (RFC 2047) on one line, or its octets: see
// [Summary.Undecodable].
func (s Summary) Subject() []byte { return s.section(secSubject) }

// BaseSubject is the base subject (RFC 5256 §2.1), in its own case.
func (s Summary) BaseSubject() []byte { return s.section(secBaseSubject) }

// IsReplyOrForward says whether taking the base subject removed a mark of
// reply or forward (RFC 5256 §3, ORDEREDSUBJECT and REFERENCES).
func (s Summary) IsReplyOrForward() bool { return s.flag(flagReplyOrForward) }

// HeaderTruncated says that a header field was longer than the parser keeps, or that
// there are several subjects: the texts here are incomplete and SEARCH must read the
// header itself.
func (s Summary) HeaderTruncated() bool { return s.flag(flagTruncated) }

// FromText is the From field decoded to UTF-8 on one line, for SEARCH, or its octets, and on
// lines of their own what its envelope tells and that line does not.
func (s Summary) FromText() []byte { return s.section(secFrom) }

// ToText is the To field decoded to UTF-8 on one line, for SEARCH.
func (s Summary) ToText() []byte { return s.section(secTo) }

// CcText is the Cc field decoded to UTF-8 on one line, for SEARCH.
func (s Summary) CcText() []byte { return s.section(secCc) }

// BccText is the Bcc field decoded to UTF-8 on one line, for SEARCH.
func (s Summary) BccText() []byte { return s.section(secBcc) }

// FromMailbox is the addr-mailbox of the first From address (SORT FROM).
func (s Summary) FromMailbox() []byte { return s.section(secFromMailbox) }

// ToMailbox is the addr-mailbox of the first To address (SORT TO).
func (s Summary) ToMailbox() []byte { return s.section(secToMailbox) }

// CcMailbox is the addr-mailbox of the first Cc address (SORT CC).
func (s Summary) CcMailbox() []byte { return s.section(secCcMailbox) }

// FromDisplay is the sort value of DISPLAYFROM (RFC 5957 §4), in UTF-8.
func (s Summary) FromDisplay() []byte { return s.section(secFromDisplay) }

// ToDisplay is the sort value of DISPLAYTO (RFC 5957 §4), in UTF-8.
func (s Summary) ToDisplay() []byte { return s.section(secToDisplay) }

// MessageID is the Message-ID without its angle brackets and quoting; empty
// where there is none.
func (s Summary) MessageID() []byte { return s.section(secMessageID) }

// InReplyTo gives the message ids of In-Reply-To, in the form of MessageID.
func (s Summary) InReplyTo() iter.Seq[[]byte] { return eachString(s.section(secInReplyTo)) }

// References gives the message ids of References in their order. Of very many
// the first and the last are kept.
func (s Summary) References() iter.Seq[[]byte] { return eachString(s.section(secReferences)) }

// Preview is the message's preview in UTF-8 (see [Message.AppendPreview]); ok is
// false where the summary was made before there were previews.
func (s Summary) Preview() (text []byte, ok bool) {
	return s.section(secPreview), s.sections() > int(secPreview)
}

// Agrees reports whether two summaries are of the same message as far as both
// tell: one of an older version has less.
func (s Summary) Agrees(t Summary) bool {
	if _, whole := s.head(); !whole || len(t) < summaryTable || !bytes.Equal(s[1:4], t[1:4]) || !bytes.Equal(s[8:summaryTable], t[8:summaryTable]) {
		return false
	}
	for i := range section(min(s.sections(), t.sections())) {
		if !bytes.Equal(s.section(i), t.section(i)) {
			return false
		}
	}
	return true
}

// eachString gives the strings of a section that holds length and octets of
// each; it stops where the section is damaged.
func eachString(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			n, w := binary.Uvarint(b)
			if w <= 0 || n > uint64(len(b)-w) {
				return
			}
			if !yield(b[w : w+int(n) : w+int(n)]) {
				return
			}
			b = b[w+int(n):]
		}
	}
}
