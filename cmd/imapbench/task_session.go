package main

import (
	"fmt"
	"sync"
	"time"
)

func (b *bench) loginTask() error {
	const each = 30
	var wg sync.WaitGroup
	errs := make(chan error, b.o.conns)
	t := time.Now()
	for i := 0; i < b.o.conns; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < each; j++ {
				cl, err := b.login(101 + i)
				if err != nil {
					errs <- err
					return
				}
				if _, err := cl.selectBox("INBOX"); err != nil {
					errs <- err
					return
				}
				cl.close()
			}
		}()
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
	}
	b.report("login+select+logout", float64(b.o.conns*each)/time.Since(t).Seconds(), "sessions/s")
	return nil
}

// taskResync is what a caching client does at each start: SELECT with
// QRESYNC or CONDSTORE, or a fetch of all flags where the server has neither.
func (b *bench) resync() error {
	cl, err := b.login(1)
	if err != nil {
		return err
	}
	defer cl.close()
	var uidv, modseq uint64
	if _, err := cl.cmdEach("SELECT "+b.o.mailbox+" (CONDSTORE)", func(l []byte) {
		fmt.Sscanf(string(l), "* OK [UIDVALIDITY %d]", &uidv)
		fmt.Sscanf(string(l), "* OK [HIGHESTMODSEQ %d]", &modseq)
	}); err != nil {
		return err
	}
	if !cl.has("QRESYNC") {
		b.report("resync", -1, "no QRESYNC")
		return nil
	}
	if _, err := cl.cmd("ENABLE QRESYNC"); err != nil {
		return err
	}
	if _, err := cl.cmd("STORE 1:50 +FLAGS.SILENT (\\Answered)"); err != nil {
		return err
	}
	n := 0
	d, err := b.median(func() error {
		n, err = cl.cmd(fmt.Sprintf("SELECT %s (QRESYNC (%d %d))", b.o.mailbox, uidv, modseq))
		return err
	})
	if err != nil {
		return err
	}
	b.report("resync", d.Seconds()*1e3, fmt.Sprintf("ms (%d responses)", n))
	_, err = cl.cmd("STORE 1:50 -FLAGS.SILENT (\\Answered)")
	return err
}

// taskStatus lists 500 mailboxes with their counts, as a client's folder pane does.
func (b *bench) status() error {
	cl, err := b.login(2)
	if err != nil {
		return err
	}
	defer cl.close()
	for i := 0; i < 500; i++ {
		cl.cmd(fmt.Sprintf("CREATE folder%03d", i))
	}
	if !cl.has("LIST-STATUS") {
		b.report("list-status 500", -1, "not offered")
		return nil
	}
	d, err := b.median(func() error {
		_, err := cl.cmd(`LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))`)
		return err
	})
	if err != nil {
		return err
	}
	b.report("list-status 500", d.Seconds()*1e3, "ms")
	return nil
}
