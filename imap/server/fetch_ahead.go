package server

import (
	"context"
	"iter"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// open opens the reader, which is told what will be read first, unless foresee has.
func (f *fetcher) open(ctx context.Context, t *targets) (err error) {
	if f.reader = f.s.takeForeseen(); f.reader != nil || len(t.ranges) == 0 {
		return nil
	}
	account := f.s.selected.account
	rows := mailstore.Rows{Summary: f.summarized}
	for i := range f.sections {
		c := &f.sections[i]
		rows.Header = true
		rows.Body = rows.Body || len(c.path) > 0 || c.spec == imap.SpecAll || c.spec == imap.SpecText
	}
	if len(f.items.Annotations) > 0 || f.items.Atts&(imap.FetchPreview|imap.FetchPreviewLazy) != 0 {
		f.reader, err = account.Reader(ctx) // they are read from a snapshot
		return err
	}
	f.reader, err = account.ReaderOf(ctx, f.wanted(t), rows)
	return err
}

// wanted yields the messages whose content will be read.
func (f *fetcher) wanted(t *targets) iter.Seq[mailstore.Wanted] {
	return func(yield func(mailstore.Wanted) bool) {
		t.runs(func(r run) bool {
			if r.page.MaxModSeq() <= f.since {
				return true
			}
			for i := r.from; i < r.to; i++ {
				if f.since > 0 && r.page.ModSeq(i) <= f.since {
					continue
				}
				if !yield(mailstore.Wanted{EmailID: r.page.EmailID(i), Size: int64(r.page.Size(i))}) {
					return false
				}
			}
			return true
		})
	}
}
