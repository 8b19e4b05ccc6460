package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

func (b *bench) search() error {
	cl, err := b.login(1)
	if err != nil {
		return err
	}
	defer cl.close()
	n, err := cl.selectBox(b.o.mailbox)
	if err != nil {
		return err
	}
	for _, q := range [][2]string{
		{"search flags", "UNSEEN UNDELETED"}, {"search since", "SINCE 1-Jan-2024 SMALLER 5000"},
		{"search subject", "SUBJECT quarterly"}, {"search from", `FROM "sender17@"`},
		{"search body rare", "BODY zyzzyva"}, {"search body common", "BODY the"}, {"search text", "TEXT invoice"},
	} {
		hits := 0
		t := time.Now()
		if _, err := cl.cmdEach("UID SEARCH "+q[1], func(l []byte) {
			if bytes.HasPrefix(l, []byte("* SEARCH")) {
				hits += len(strings.Fields(string(l))) - 2
			}
		}); err != nil {
			return err
		}
		b.report(q[0]+" first", time.Since(t).Seconds()*1e3, "ms")
		d, err := b.median(func() error { _, err := cl.cmd("UID SEARCH " + q[1]); return err })
		if err != nil {
			return err
		}
		b.report(q[0], d.Seconds()*1e3, "ms")
		b.report(q[0]+" hits", float64(hits), fmt.Sprintf("of %d", n))
	}
	return nil
}

func (b *bench) sort() error {
	cl, err := b.login(1)
	if err != nil {
		return err
	}
	defer cl.close()
	if _, err := cl.selectBox(b.o.mailbox); err != nil {
		return err
	}
	for _, q := range [][3]string{
		{"sort date", "SORT", "UID SORT (REVERSE DATE) UTF-8 ALL"}, {"sort subject", "SORT", "UID SORT (SUBJECT) UTF-8 ALL"},
		{"sort from", "SORT", "UID SORT (FROM) UTF-8 ALL"},
		{"thread references", "THREAD=REFERENCES", "UID THREAD REFERENCES UTF-8 ALL"},
	} {
		if !cl.has(q[1]) {
			b.report(q[0], -1, "not offered")
			continue
		}
		t := time.Now()
		if _, err := cl.cmd(q[2]); err != nil {
			return err
		}
		b.report(q[0]+" first", time.Since(t).Seconds()*1e3, "ms")
		d, err := b.median(func() error { _, err := cl.cmd(q[2]); return err })
		if err != nil {
			return err
		}
		b.report(q[0], d.Seconds()*1e3, "ms")
	}
	return nil
}
