package command

import (
	"log/slog"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Store is the STORE or UID STORE command (RFC 9051 §6.4.6, RFC
// 4466 §2.5, RFC 7162 §3.1.3, RFC 5257 §4.5):
//
//	store           = "STORE" SP sequence-set [store-modifiers] SP store-att-flags
//	store-modifiers = SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"
//	store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP
//	                  (flag-list / (flag *(SP flag))) / att-annotate
//
// and of the Gmail IMAP extensions
//
//	store-att-flags =/ ["+" / "-"] "X-GM-LABELS" [".SILENT"] SP
//	                  ("(" [label *(SP label)] ")" / (label *(SP label)))
type Store struct {
	UID    bool
	Set    imap.NumSet
	Action imap.StoreAction
	Silent bool
	Flags  []string
	// Labels are what the command is about in place of flags, where not nil.
	Labels []string
	// Annotations, if not nil, are set in place of flags; Silent says so then.
	Annotations []imap.AnnotationValue
	// UnchangedSince is valid where HasUnchangedSince; 0 is allowed.
	UnchangedSince    uint64
	HasUnchangedSince bool
}

// Name is STORE or UID STORE.
func (c *Store) Name() string { return withUID(c.UID, "STORE", "UID STORE") }

// LogValue gives the set, the action and the flags or labels.
func (c *Store) LogValue() slog.Value {
	of := slog.Any("flags", c.Flags)
	if c.Labels != nil {
		of = slog.Any("labels", c.Labels)
	}
	return slog.GroupValue(logSet(c.Set), slog.String("action", c.Action.String()), of)
}

// ParseStore reads the arguments of STORE, or of UID STORE.
func ParseStore(d *wire.Decoder, uid bool, o Options) (*Store, error) {
	c := &Store{UID: uid}
	if !d.ExpectSP() {
		return c, d.Err()
	}
	c.Set, _ = d.NumSet(o.setRanges())
	if !d.ExpectSP() {
		return c, d.Err()
	}
	if d.Peek() == '(' && !(d.List(func() bool { return storeModifier(d, c) }) && d.ExpectSP()) {
		return c, d.Err()
	}
	switch {
	case d.Special('+'):
		c.Action = imap.StoreAdd
	case d.Special('-'):
		c.Action = imap.StoreRemove
	}
	b, _ := d.Keyword()
	if string(b) == "ANNOTATION" && c.Action == imap.StoreReplace {
		c.Silent, c.Action = true, imap.StoreAdd
		c.Annotations, _ = annotationValues(d, &o)
		return c, end(d)
	}
	item, silent := strings.CutSuffix(string(b), ".SILENT")
	c.Silent = silent
	if item != "FLAGS" && item != "X-GM-LABELS" {
		d.Expected("FLAGS")
	}
	switch {
	case !d.ExpectSP():
	case item == "FLAGS":
		c.Flags, _ = storedFlags(d, true, &o)
	default:
		c.Labels, _ = labelList(d, &o)
	}
	return c, end(d)
}

// storeModifier reads UNCHANGEDSINCE and its value.
func storeModifier(d *wire.Decoder, c *Store) (ok bool) {
	b, _ := d.Keyword()
	if string(b) != "UNCHANGEDSINCE" || c.HasUnchangedSince {
		return d.Expected("one UNCHANGEDSINCE")
	}
	c.HasUnchangedSince = true
	if d.ExpectSP() {
		c.UnchangedSince, ok = d.ModSeq()
	}
	return ok
}
