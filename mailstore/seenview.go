package mailstore

import (
	"context"
	"slices"

	"github.com/restante/restante"
)

// derived is a mailbox as another account sees it: pages made of the owner's, with
// the other's \Seen and modseqs. It is immutable. A page is made again only if the
// owner's page changed, or the blocks of what was seen of it.
type derived struct {
	seen  *seenBy
	base  *Snapshot // the owner's, nil before the first
	pages []derivedPage
	shown *Snapshot
}

// derivedPage is a page with what it was made of.
type derivedPage struct {
	from   *Page
	blocks []seenBlock // those that the page's UIDs reach into
	page   *Page
}

// derive gives a snapshot as the account's viewer sees it.
func (a *Account) derive(ctx context.Context, base *Snapshot) (*Snapshot, error) {
	seer := a.seer()
	if seer == 0 || base == nil {
		return base, nil
	}
	key := seenView{base.mailbox.ID, seer}
	old, err := a.viewOf(ctx, key)
	if err != nil {
		return nil, err
	}
	if old.shown != nil && old.base == base && old.current() {
		return old.shown, nil
	}
	next := old.with(base, a.seen.flagsFor(base.flags))
	a.seen.put(key, next)
	return next.shown, nil
}

// current reports whether what is shown was made of what is seen.
func (d *derived) current() bool {
	return d.shown.mailbox.HighestModSeq >= d.seen.modSeq
}

// viewOf answers what is kept of a view, or begins one with what the engine has.
func (a *Account) viewOf(ctx context.Context, key seenView) (*derived, error) {
	state := a.state.Load()
	a.seen.Lock()
	old := a.seen.views[key]
	a.seen.Unlock()
	if old != nil && old.seen.asOf >= state.seen[key.mailbox] {
		return old, nil
	}
	next := &derived{}
	if old != nil {
		next.base, next.pages, next.shown = old.base, old.pages, old.shown
	}
	if _, any := state.seen[key.mailbox]; !any {
		next.seen = &seenBy{asOf: state.ModSeq()}
		return next, nil
	}
	snap, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return nil, unavailable("read what is seen", err)
	}
	defer snap.Close()
	if next.seen, err = readSeen(snap, key.mailbox, key.viewer); err != nil {
		return nil, unavailable("read what is seen", err)
	}
	next.seen.asOf = state.account.epoch.modSeq(snap.Version())
	return next, nil
}

// SeenModSeq is when what the account's viewer has seen of a mailbox last changed; 0
// for the owner, and where it never has. Messages are not looked at.
func (a *Account) SeenModSeq(ctx context.Context, id restante.MailboxID) (restante.ModSeq, error) {
	if a.viewer == 0 {
		return 0, nil
	}
	d, err := a.viewOf(ctx, seenView{id, a.viewer})
	if err != nil {
		return 0, err
	}
	return d.seen.modSeq, nil
}

// with gives the view of a newer snapshot of the owner's; flags are the viewers'.
func (d *derived) with(base *Snapshot, flags *FlagTable) *derived {
	next := &derived{seen: d.seen, base: base, pages: make([]derivedPage, len(base.pages))}
	pages := make([]*Page, len(base.pages))
	mb := *base.mailbox
	mb.Unseen = 0
	same, at := d.shown != nil && len(d.pages) == len(base.pages), 0
	for i, p := range base.pages {
		for at < len(d.pages) && d.pages[at].from.first < p.first {
			at++
		}
		if at < len(d.pages) && d.pages[at].from == p && d.pages[at].fits(d.seen) {
			next.pages[i] = d.pages[at]
		} else {
			next.pages[i] = derivePage(p, d.seen, base.flags)
			same = false
		}
		pages[i] = next.pages[i].page
		mb.Unseen += uint32(pages[i].unseen)
	}
	mb.HighestModSeq = max(mb.HighestModSeq, d.seen.modSeq)
	next.shown = &Snapshot{mailbox: &mb, flags: flags, modSeq: max(base.modSeq, mb.HighestModSeq), pages: pages, firsts: base.firsts}
	if same {
		next.shown.pages = d.shown.pages // so that who compares sees at once that they are equal
	}
	return next
}

// blocksOf gives the blocks that a page's UIDs reach into.
func (s *seenBy) blocksOf(p *Page, dst []seenBlock) []seenBlock {
	for block := uint32(p.first) / seenBlockSize; ; block++ {
		dst = append(dst, s.blocks[block])
		if block == uint32(p.last)/seenBlockSize {
			return dst
		}
	}
}

// fits reports whether the page is what would be made of what is seen now.
func (d *derivedPage) fits(s *seenBy) bool {
	first := uint32(d.from.first) / seenBlockSize
	for i, b := range d.blocks {
		now := s.blocks[first+uint32(i)]
		if len(now) != len(b) || len(now) > 0 && &now[0] != &b[0] {
			return false
		}
	}
	return true
}

// derivePage makes a page with another's \Seen. Where he has done nothing with any of
// its messages they are not looked at.
func derivePage(p *Page, s *seenBy, flags *FlagTable) derivedPage {
	d := derivedPage{from: p, blocks: s.blocksOf(p, make([]seenBlock, 0, 2))}
	touched := slices.ContainsFunc(d.blocks, func(b seenBlock) bool { return len(b) > 0 })
	if touched || p.deleted == unknown {
		d.page = seenPage(p, d.blocks, flags)
	} else {
		d.page = unseenPage(p)
	}
	return d
}

// unseenPage makes a page none of whose messages is seen. No column is decoded that
// says the same of all of them.
func unseenPage(p *Page) *Page {
	q := &Page{key: p.key, n: p.n, first: p.first, last: p.last, raw: p.raw, maxModSeq: p.maxModSeq, unseen: p.n, deleted: p.deleted}
	if id, all := p.flagSets.constant(); all {
		q.flagSets.enc = appendColumn(nil, []FlagSetID{viewersFlagSet(id, false)})
	} else {
		sets := slices.Clone(p.FlagSets())
		for i, id := range sets {
			sets[i] = viewersFlagSet(id, false)
		}
		q.flagSets.put(sets)
	}
	share(&q.modSeqs, &p.modSeqs)
	q.shareRest(p)
	return q
}

// seenPage makes a page of the flag sets that viewers have, and of the later ones of the
// modseqs of the messages and of what was seen.
func seenPage(p *Page, blocks []seenBlock, flags *FlagTable) *Page {
	sets, mods := p.FlagSets(), p.ModSeqs()
	q := &Page{key: p.key, n: p.n, first: p.first, last: p.last, raw: p.raw}
	newSets, newMods := make([]FlagSetID, p.n), make([]restante.ModSeq, p.n)
	first := uint32(p.first) / seenBlockSize
	for i := range sets {
		uid := uint32(p.UID(i))
		seen, at := blocks[uid/seenBlockSize-first].at(uint8(uid % seenBlockSize))
		newSets[i], newMods[i] = viewersFlagSet(sets[i], seen), max(mods[i], at)
		q.maxModSeq = max(q.maxModSeq, newMods[i])
		if !seen {
			q.unseen++
		}
		if flags.system(sets[i])&Deleted != 0 {
			q.deleted++
		}
	}
	q.flagSets.put(newSets)
	q.modSeqs.put(newMods)
	q.shareRest(p)
	return q
}

// viewersFlagSet numbers a flag set in the table that viewers have: each set of the
// owner's stands there twice, without \Seen and with it.
func viewersFlagSet(id FlagSetID, seen bool) FlagSetID {
	if seen {
		return 2*id + 1
	}
	return 2 * id
}

// viewersTable is a table of flag sets as viewers have it.
type viewersTable struct {
	of, table *FlagTable
}

// flagsFor gives the table that viewers have of an owner's. Where that has only got
// more sets since the last time, so has theirs.
func (c *seenCache) flagsFor(t *FlagTable) *FlagTable {
	c.Lock()
	defer c.Unlock()
	old := c.flags
	if old.of == t {
		return old.table
	}
	v, known := &FlagTable{index: &flagIndex{sets: map[string]FlagSetID{}}}, FlagSetID(0)
	if old.of != nil && old.of.n <= t.n && t.live-old.of.live == int(t.n-old.of.n) && t.extends(old.of) {
		next := *old.table
		v, known = &next, old.of.n
	}
	for id := known; id < t.n; id++ {
		set := t.Set(id)
		if set == nil {
			continue
		}
		v.put(newFlagSet(viewersFlagSet(id, false), set.System&^Seen, set.Keywords))
		v.put(newFlagSet(viewersFlagSet(id, true), set.System|Seen, set.Keywords))
	}
	v.keywords, v.full = t.keywords, t.full
	c.flags = viewersTable{of: t, table: v}
	return v
}
