package main

import (
	"fmt"
	"time"
)

func (b *bench) selectTask() error {
	cl, err := b.login(1)
	if err != nil {
		return err
	}
	defer cl.close()
	t := time.Now()
	n, err := cl.selectBox(b.o.mailbox)
	if err != nil {
		return err
	}
	b.report("select first", time.Since(t).Seconds()*1e3, "ms")
	d, err := b.median(func() error { _, err := cl.selectBox(b.o.mailbox); return err })
	if err != nil {
		return err
	}
	b.report("select again", d.Seconds()*1e3, "ms")
	b.report("select messages", float64(n), "msgs")
	return nil
}

// timeFetch runs a FETCH over the whole mailbox and reports messages a second.
func (b *bench) timeFetch(name, items string) error {
	cl, err := b.login(1)
	if err != nil {
		return err
	}
	defer cl.close()
	n, err := cl.selectBox(b.o.mailbox)
	if err != nil {
		return err
	}
	got := 0
	start := cl.read
	runs := 0
	first := true
	d, err := b.median(func() error {
		t := time.Now()
		k, err := cl.cmd("UID FETCH 1:* " + items)
		if first {
			b.report(name+" first", float64(k)/time.Since(t).Seconds(), "msg/s")
			first = false
		}
		got = k
		runs++
		return err
	})
	if err != nil {
		return err
	}
	if got < n {
		return fmt.Errorf("%d responses for %d messages", got, n)
	}
	b.report(name, float64(got)/d.Seconds(), "msg/s")
	b.report(name+" bytes", float64(cl.read-start)/float64(runs)/d.Seconds()/1e6, "MB/s")
	return nil
}

func (b *bench) flags() error { return b.timeFetch("fetch flags", "(FLAGS)") }

func (b *bench) envelope() error {
	return b.timeFetch("fetch envelope", "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)")
}

func (b *bench) header() error {
	return b.timeFetch("fetch header fields", "(UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)])")
}

func (b *bench) body() error { return b.timeFetch("fetch body", "(UID BODY.PEEK[])") }

func (b *bench) part() error { return b.timeFetch("fetch part 1", "(UID BODY.PEEK[1]<0.512>)") }
