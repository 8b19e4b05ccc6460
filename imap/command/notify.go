package command

import (
	"bytes"
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Notify is the NOTIFY command (RFC 5465 §8):
//
//	notify           = "NOTIFY" SP (notify-set / notify-none)
//	notify-set       = "SET" [status-indicator] SP event-groups
//	notify-none      = "NONE"
//	status-indicator = SP "STATUS"
//	event-groups     = event-group *(SP event-group)
type Notify struct {
	Set    bool // not NONE
	Status bool // STATUS responses are asked for
	Groups []imap.NotifyGroup
	// Unknown is the first event that RFC 5465 does not know (event-ext); the
	// command is then refused with NO and not with BAD (RFC 5465 §3.1).
	Unknown string
	// Excess says that there are more groups or mailboxes than the limits allow:
	// it is refused with NO too.
	Excess bool
}

// Name is NOTIFY.
func (*Notify) Name() string { return "NOTIFY" }

// LogValue gives the number of groups and the events.
func (c *Notify) LogValue() slog.Value {
	var events imap.NotifyEvents
	names := 0
	for i := range c.Groups {
		events |= c.Groups[i].Events
		names += len(c.Groups[i].Mailboxes)
	}
	return slog.GroupValue(slog.Bool("set", c.Set), slog.Int("groups", len(c.Groups)), slog.Int("names", names),
		slog.String("events", string(events.Append(nil))))
}

// ParseNotify reads the arguments of NOTIFY.
func ParseNotify(d *wire.Decoder, o Options) (*Notify, error) {
	p := notifyParser{d: d, o: &o, c: &Notify{}}
	if !d.ExpectSP() {
		return p.c, d.Err()
	}
	switch b, _ := d.Keyword(); string(b) {
	case "NONE":
	case "SET":
		p.c.Set = true
		p.groups()
	default:
		d.Expected("SET or NONE")
	}
	return p.c, end(d)
}

// notifyParser reads the groups of a NOTIFY SET.
type notifyParser struct {
	d        *wire.Decoder
	o        *Options
	c        *Notify
	names    int
	selected bool // there was a group for the selected mailbox
}

// groups reads [SP "STATUS"] 1*(SP event-group).
func (p *notifyParser) groups() {
	d := p.d
	if !d.ExpectSP() {
		return
	}
	if d.Peek() != '(' {
		if b, ok := d.Keyword(); ok && string(b) != "STATUS" {
			d.Expected("STATUS or a group of events")
			return
		}
		p.c.Status = true
		if !d.ExpectSP() {
			return
		}
	}
	for p.group() && d.SP() && d.Peek() == '(' {
	}
}

// group reads
//
//	event-group = "(" filter-mailboxes SP events ")"
func (p *notifyParser) group() bool {
	d := p.d
	var g imap.NotifyGroup
	if !d.ExpectSpecial('(') || !p.filter(&g) || !d.ExpectSP() || !p.events(&g) || !d.ExpectSpecial(')') {
		return false
	}
	if len(p.c.Groups) >= or(p.o.Limits.NotifyGroups, 100) {
		p.c.Excess = true
		return true
	}
	p.c.Groups = append(p.c.Groups, g)
	return true
}

// filter reads filter-mailboxes. Only one group may be for the selected mailbox
// (RFC 5465 §6.1).
func (p *notifyParser) filter(g *imap.NotifyGroup) bool {
	b, ok := p.d.Keyword()
	if !ok {
		return false
	}
	switch string(b) {
	case "SELECTED":
		g.Filter = imap.NotifySelected
	case "SELECTED-DELAYED":
		g.Filter = imap.NotifySelectedDelayed
	case "INBOXES":
		g.Filter = imap.NotifyInboxes
	case "PERSONAL":
		g.Filter = imap.NotifyPersonal
	case "SUBSCRIBED":
		g.Filter = imap.NotifySubscribed
	case "SUBTREE":
		g.Filter = imap.NotifySubtree
	case "MAILBOXES":
		g.Filter = imap.NotifyMailboxes
	default:
		return p.d.Expected("a mailbox filter")
	}
	if g.Filter.IsSelected() {
		if p.selected {
			return p.d.Expected("SELECTED or SELECTED-DELAYED only once")
		}
		p.selected = true
	}
	return !g.Filter.Named() || p.mailboxes(g)
}

// mailboxes reads
//
//	one-or-more-mailbox = mailbox / many-mailboxes
//	many-mailboxes      = "(" mailbox *(SP mailbox) ")"
func (p *notifyParser) mailboxes(g *imap.NotifyGroup) bool {
	d := p.d
	if !d.ExpectSP() {
		return false
	}
	one := func() bool {
		name, ok := mailboxName(d, p.o)
		if p.names++; p.names > or(p.o.Limits.NotifyMailboxes, 1000) {
			p.c.Excess = true
			return ok
		}
		g.Mailboxes = append(g.Mailboxes, name)
		return ok
	}
	if d.Peek() != '(' {
		return one()
	}
	return d.List(one) && (len(g.Mailboxes) > 0 || p.c.Excess || d.Expected("a mailbox name"))
}

// events reads
//
//	events = ( "(" event *(SP event) ")" ) / "NONE"
func (p *notifyParser) events(g *imap.NotifyGroup) bool {
	d := p.d
	if d.Peek() != '(' {
		b, ok := d.Keyword()
		return ok && (string(b) == "NONE" || d.Expected("NONE or events in parentheses"))
	}
	if !d.ExpectSpecial('(') || !d.Enter() {
		return false
	}
	for {
		more, ok := p.event(g)
		if !ok {
			return false
		}
		if !more {
			break
		}
	}
	d.Leave()
	return d.ExpectSpecial(')') && p.fitting(g)
}

// event reads one event and the space behind it, which says whether there are
// more:
//
//	message-event = ( "MessageNew" [SP "(" fetch-att *(SP fetch-att) ")" ] )
//	              / "MessageExpunge" / "FlagChange" / "AnnotationChange"
//	mailbox-event = "MailboxName" / "SubscriptionChange" /
//	              "MailboxMetadataChange"
//	user-event    = "ServerMetadataChange"
//	event-ext     = atom
func (p *notifyParser) event(g *imap.NotifyGroup) (more, ok bool) {
	d := p.d
	b, ok := d.Atom()
	if !ok {
		return false, false
	}
	e := imap.NotifyEventNamed(bytes.ToUpper(b))
	if e == 0 && p.c.Unknown == "" {
		p.c.Unknown = string(b)
	}
	g.Events |= e
	more = d.SP()
	if !more || e != imap.NotifyMessageNew || d.Peek() != '(' {
		return more, true
	}
	if !g.Filter.IsSelected() {
		return false, d.Expected("FETCH items only for the selected mailbox") // RFC 5465 §8
	}
	if !d.List(func() bool { return fetchAtt(d, &g.Items, p.o) }) {
		return false, false
	}
	if g.Items.IsZero() {
		return false, d.Expected("a FETCH item")
	}
	return d.SP(), true
}

// fitting holds the events of a group against one another and the filter (RFC
// 5465 §5, §6.1).
func (p *notifyParser) fitting(g *imap.NotifyGroup) bool {
	e := g.Events
	switch {
	case e.Any(imap.NotifyMessageEvents) && !e.Has(imap.NotifyMessages):
		return p.d.Expected("MessageNew and MessageExpunge together")
	case g.Filter.IsSelected() && e.Any(^imap.NotifyMessageEvents):
		return p.d.Expected("message events only for the selected mailbox")
	}
	return true
}
