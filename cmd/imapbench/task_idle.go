package main

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"time"
)

// idleUsers are how many users the connections of idle are spread over.
const idleUsers = 200

// idle holds many connections in IDLE, each on its user's INBOX after it has
// read something there, as clients do. It reports the memory that each costs,
// how long a new message takes to reach all sessions of one user, and the memory
// again once every session has been told of a message.
func (b *bench) idle() error {
	if err := b.fillIdle(); err != nil {
		return err
	}
	before := b.settledMemory()
	cls, err := b.openIdle()
	if err != nil {
		return err
	}
	defer func() {
		for _, cl := range cls {
			cl.c.Close()
		}
	}()
	b.idleMemory("idle memory", before)
	writers := make([]*client, min(idleUsers, len(cls)))
	for u := range writers {
		if writers[u], err = b.login(201 + u); err != nil {
			return err
		}
		defer writers[u].close()
	}
	if err := b.idlePush(writers[0], sessionsOf(cls, 0)); err != nil {
		return err
	}
	for u, w := range writers {
		if _, err := b.pushOnce(w, sessionsOf(cls, u)); err != nil {
			return err
		}
	}
	b.idleMemory("idle memory after pushes", before)
	return nil
}

// sessionsOf picks the connections of the idle user of a number, from 0.
func sessionsOf(cls []*client, user int) []*client {
	var of []*client
	for i := user; i < len(cls); i += idleUsers {
		of = append(of, cls[i])
	}
	return of
}

// fillIdle gives each idle user some mail.
func (b *bench) fillIdle() error {
	c := b.corpus(b.o.seed + 6)
	for u := range min(idleUsers, b.o.idle) {
		cl, err := b.login(201 + u)
		if err != nil {
			return err
		}
		for range 5 {
			if err := cl.appendMsg("INBOX", c.message()); err != nil {
				return err
			}
		}
		cl.close()
	}
	return nil
}

// openIdle opens all connections, a few at a time.
func (b *bench) openIdle() ([]*client, error) {
	cls := make([]*client, b.o.idle)
	errs := make([]error, b.o.conns)
	var wg sync.WaitGroup
	for w := range b.o.conns {
		wg.Go(func() {
			for i := w; i < len(cls) && errs[w] == nil; i += b.o.conns {
				if cls[i], errs[w] = b.enterIdle(201 + i%idleUsers); errs[w] != nil {
					errs[w] = fmt.Errorf("connection %d: %w", i+1, errs[w])
				}
			}
		})
	}
	wg.Wait()
	cls = slices.DeleteFunc(cls, func(cl *client) bool { return cl == nil })
	for _, err := range errs {
		if err != nil {
			return cls, err
		}
	}
	return cls, nil
}

// enterIdle opens one connection, reads what is in INBOX, and idles.
func (b *bench) enterIdle(user int) (*client, error) {
	cl, err := b.loginSized(user, 4<<10)
	if err != nil {
		return nil, err
	}
	if _, err := cl.selectBox("INBOX"); err != nil {
		return cl, err
	}
	if _, err := cl.cmd("UID FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[TEXT]<0.2048>)"); err != nil {
		return cl, err
	}
	cl.send("IDLE")
	if err := cl.w.Flush(); err != nil {
		return cl, err
	}
	for {
		l, err := cl.line()
		if err != nil {
			return cl, err
		}
		if l[0] == '+' {
			return cl, nil
		}
	}
}

// idleMemory reports what the server's memory has grown by for each connection.
func (b *bench) idleMemory(what string, before float64) {
	if b.o.pid != 0 {
		b.report(what, (b.settledMemory()-before)/float64(b.o.idle)/1024, "KiB/conn")
	}
}

// settledMemory is the server's memory once it no longer falls, in octets: collectors
// need a while to give memory back. 0 if its process is not known.
func (b *bench) settledMemory() float64 {
	if b.o.pid == 0 {
		return 0
	}
	now := rss(b.o.pid)
	for still := 0; still < 3; {
		time.Sleep(time.Second)
		last := now
		if now = rss(b.o.pid); now < last*0.995 {
			still = 0
		} else {
			still++
		}
	}
	return now
}

// idlePush reports how long it takes from sending a message to the last of one
// user's sessions having been told, its storing included.
func (b *bench) idlePush(w *client, mine []*client) error {
	var took []time.Duration
	for range 9 {
		d, err := b.pushOnce(w, mine)
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	slices.Sort(took)
	b.report("idle push", took[len(took)/2].Seconds()*1e3, fmt.Sprintf("ms to %d sessions", len(mine)))
	return nil
}

func (b *bench) pushOnce(w *client, mine []*client) (time.Duration, error) {
	message := b.corpus(b.o.seed + 7).message()
	t := time.Now()
	if err := w.appendMsg("INBOX", message); err != nil {
		return 0, err
	}
	for _, cl := range mine {
		if err := cl.c.SetReadDeadline(time.Now().Add(40 * time.Second)); err != nil {
			return 0, err
		}
		for {
			l, err := cl.line()
			if err != nil {
				return 0, fmt.Errorf("no EXISTS in IDLE: %w", err)
			}
			if bytes.HasSuffix(l, []byte(" EXISTS")) {
				break
			}
		}
	}
	return time.Since(t), nil
}
