package main

import (
	"bytes"
	"fmt"
	"slices"
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

// taskIdle holds idleN connections in IDLE on one mailbox's owner's INBOX and
// measures the memory they cost and how long a new message takes to reach them.
func (b *bench) idle() error {
	before := rss(b.o.pid)
	var cls []*client
	for i := 0; i < b.o.idle; i++ {
		cl, err := b.login(201 + i%200)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i+1, err)
		}
		if _, err := cl.selectBox("INBOX"); err != nil {
			return err
		}
		cl.send("IDLE")
		cl.w.Flush()
		for {
			l, err := cl.line()
			if err != nil {
				return err
			}
			if l[0] == '+' {
				break
			}
		}
		cls = append(cls, cl)
	}
	time.Sleep(3 * time.Second)
	if b.o.pid != 0 {
		b.report("idle memory", (rss(b.o.pid)-before)/float64(b.o.idle)/1024, "KiB/conn")
	}
	// One message to user 201: each of its sessions must hear of it.
	var mine []*client
	for i, cl := range cls {
		if i%200 == 0 {
			mine = append(mine, cl)
		}
	}
	w, err := b.login(201)
	if err != nil {
		return err
	}
	var lat []time.Duration
	for k := 0; k < 5; k++ {
		t := time.Now()
		if err := w.appendMsg("INBOX", b.corpus(b.o.seed+7).message()); err != nil {
			return err
		}
		for _, cl := range mine {
			cl.c.SetReadDeadline(time.Now().Add(40 * time.Second))
			for {
				l, err := cl.line()
				if err != nil {
					return fmt.Errorf("no EXISTS in IDLE: %w", err)
				}
				if bytes.HasSuffix(l, []byte(" EXISTS")) {
					break
				}
			}
			cl.c.SetReadDeadline(time.Time{})
		}
		lat = append(lat, time.Since(t))
	}
	slices.Sort(lat)
	b.report("idle push", lat[len(lat)/2].Seconds()*1e3, fmt.Sprintf("ms to %d sessions", len(mine)))
	w.close()
	for _, cl := range cls {
		cl.c.Close()
	}
	return nil
}
