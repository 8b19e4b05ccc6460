package legacy

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"

	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/wire"
)

// Features are what a client of IMAP3 selects (RFC 1203, appendix).
type Features uint8

// The features. With EightBit nothing changes, for all octets pass in any case.
const (
	TaggedSolicited Features = 1 << iota
	AutoSetSeen
	EightBit
	AddMessage
	IndexableFields
	NewMailNotify
	Send
)

// AllFeatures are the features that there are.
func AllFeatures() Features { return 1<<len(featureNames()) - 1 }

// featureNames are the names of the features, in the order of their bits.
func featureNames() []string {
	return []string{"TAGGED.SOLICITED", "AUTO.SET.SEEN", "EIGHT.BIT.TRANSPARENT", "ADD.MESSAGE", "INDEXABLE.FIELDS", "NEW.MAIL.NOTIFY", "SEND"}
}

// Has reports whether all of f are selected.
func (have Features) Has(f Features) bool { return have&f == f }

// Features gives those that are selected in a dialect unless the client says
// otherwise.
func (d Dialect) Features() Features {
	if d == IMAP3 {
		return TaggedSolicited
	}
	return 0
}

// SupportedVersions is the value of the SUPPORTED.VERSIONS response (RFC 1203) of a
// server that has these features.
func SupportedVersions(have Features) string {
	names := slices.DeleteFunc(featureNames(), func(name string) bool { return !have.Has(featureNamed(name)) })
	return "((2 0 ) (3 0 " + strings.Join(names, " ") + "))"
}

// SelectVersion is the SELECT.VERSION command (RFC 1203):
//
//	select_version ::= "SELECT.VERSION" SP "(" NUMBER SP NUMBER ")"
type SelectVersion struct{ Major, Minor uint32 }

// Name is SELECT.VERSION.
func (SelectVersion) Name() string { return "SELECT.VERSION" }

// LogValue gives the version.
func (c SelectVersion) LogValue() slog.Value {
	return slog.GroupValue(slog.Uint64("major", uint64(c.Major)), slog.Uint64("minor", uint64(c.Minor)))
}

// Dialect gives the version's dialect, if there is one.
func (c SelectVersion) Dialect() (Dialect, bool) {
	switch c {
	case SelectVersion{2, 0}:
		return IMAP2, true
	case SelectVersion{3, 0}:
		return IMAP3, true
	}
	return 0, false
}

// ParseSelectVersion reads the argument of SELECT.VERSION.
func ParseSelectVersion(d *wire.Decoder) (c SelectVersion, err error) {
	d.ExpectSP()
	d.ExpectSpecial('(')
	c.Major, _ = d.Number()
	d.ExpectSP()
	c.Minor, _ = d.Number()
	d.ExpectSpecial(')')
	d.ExpectEndLoosely()
	return c, d.Err()
}

// SelectFeatures is the SELECT.FEATURES command (RFC 1203):
//
//	select_features ::= "SELECT.FEATURES" 1#feature
type SelectFeatures struct {
	On, Off Features
	Unknown string // a feature that there is not; empty: none
}

// Name is SELECT.FEATURES.
func (SelectFeatures) Name() string { return "SELECT.FEATURES" }

// LogValue gives the features.
func (c SelectFeatures) LogValue() slog.Value {
	return slog.GroupValue(slog.Uint64("on", uint64(c.On)), slog.Uint64("off", uint64(c.Off)), slog.String("unknown", c.Unknown))
}

// ParseSelectFeatures reads the arguments of SELECT.FEATURES.
func ParseSelectFeatures(d *wire.Decoder) (c SelectFeatures, err error) {
	for first := true; first || !d.AtEnd() && d.Err() == nil; first = false {
		if !d.ExpectSP() {
			break
		}
		b, ok := word(d)
		if !ok {
			break
		}
		name, off := bytes.CutPrefix(bytes.ToUpper(b), []byte("~"))
		f := featureNamed(string(name))
		switch {
		case f == 0:
			c.Unknown = string(name)
		case off:
			c.Off, c.On = c.Off|f, c.On&^f
		default:
			c.On, c.Off = c.On|f, c.Off&^f
		}
	}
	return c, d.Err()
}

func featureNamed(name string) Features {
	for i, n := range featureNames() {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// SetFlags is the SET.FLAGS command (RFC 1203):
//
//	set_flags ::= "SET.FLAGS" SP flag_list
type SetFlags struct{ Keywords []string }

// Name is SET.FLAGS.
func (SetFlags) Name() string { return "SET.FLAGS" }

// LogValue gives the keywords.
func (c SetFlags) LogValue() slog.Value { return slog.GroupValue(slog.Any("keywords", c.Keywords)) }

// ParseSetFlags reads the argument of SET.FLAGS. System flags are left out (RFC
// 1203).
func ParseSetFlags(d *wire.Decoder, most int) (c SetFlags, err error) {
	item := func() bool {
		f, ok := d.Flag()
		if !ok {
			return false
		}
		if len(c.Keywords) >= most {
			d.Fail(wire.OverLimit, "too many flags")
			return false
		}
		if f[0] != '\\' {
			c.Keywords = append(c.Keywords, f)
		}
		return true
	}
	if d.ExpectSP() {
		if d.Peek() == '(' {
			d.List(item)
		} else {
			item()
		}
	}
	d.ExpectEndLoosely()
	return c, d.Err()
}

// Plain is a command without arguments that only older protocols have: FLAGS,
// READONLY, READWRITE, SUPPORTED.VERSIONS.
type Plain struct{ Command string }

// Name is the command's name.
func (c Plain) Name() string { return c.Command }

// LogValue is empty.
func (Plain) LogValue() slog.Value { return slog.GroupValue() }

// ParsePlain reads the end of a command without arguments.
func ParsePlain(d *wire.Decoder, name string) (Plain, error) {
	d.ExpectEndLoosely()
	return Plain{name}, d.Err()
}

// ParseAddMessage reads ADD.MESSAGE up to the message (RFC 1203, appendix), which
// follows as that of an APPEND does:
//
//	add_message ::= ADD.MESSAGE SP mailbox SP format SP string
func ParseAddMessage(d *wire.Decoder, o command.Options) (*command.Append, error) {
	c, err := command.ParseAppendStart(d, o)
	if err != nil {
		return c, err
	}
	expectFormat(d)
	return c, d.Err()
}

// ParseSend reads SEND up to the message (RFC 1203, appendix), which is appended to the
// mailbox given:
//
//	send ::= SEND SP message_format SP string
func ParseSend(d *wire.Decoder, mailbox string, o command.Options) (*command.Append, error) {
	expectFormat(d)
	return command.NewAppend(mailbox, o), d.Err()
}

// expectFormat reads SP message_format, behind which the message follows as a literal.
func expectFormat(d *wire.Decoder) {
	d.ExpectSP()
	if b, _ := d.Keyword(); string(b) != "RFC822" {
		d.Expected("RFC822")
	} else if rest := d.Upcoming(); len(rest) < 2 || rest[0] != ' ' || rest[1] != '{' {
		d.Expected("a literal")
	}
}
