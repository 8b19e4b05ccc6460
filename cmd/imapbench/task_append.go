package main

import (
	"fmt"
	"strconv"
	"sync"
	"time"
)

// parallelAppend appends messages on some connections at once, each of a user
// of its own, and answers how many a second. The messages are made before the
// clock runs: what is measured is the server, not their making.
func (b *bench) parallelAppend(nconn, total int) (float64, int64, error) {
	var wg sync.WaitGroup
	errs := make(chan error, nconn)
	ready := make(chan *client, nconn)
	var cls []*client
	for i := 1; i <= nconn; i++ {
		cl, err := b.login(i + 100)
		if err != nil {
			return 0, 0, err
		}
		cls = append(cls, cl)
		ready <- cl
	}
	var bytesOut int64
	var mu sync.Mutex
	per := total / nconn
	messages := make([][][]byte, nconn)
	for i := range messages {
		messages[i] = b.corpus(b.o.seed + uint64(i)*1000).messages(per)
	}
	t := time.Now()
	for i, cl := range cls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var n int64
			for _, m := range messages[i] {
				n += int64(len(m))
				if err := cl.appendMsg("INBOX", m); err != nil {
					errs <- err
					return
				}
			}
			mu.Lock()
			bytesOut += n
			mu.Unlock()
		}()
	}
	wg.Wait()
	d := time.Since(t)
	for _, cl := range cls {
		cl.close()
	}
	select {
	case err := <-errs:
		return 0, 0, err
	default:
	}
	return float64(per*nconn) / d.Seconds(), bytesOut, nil
}

func (b *bench) append() error {
	rate, _, err := b.parallelAppend(b.o.conns, b.o.appends)
	if err != nil {
		return err
	}
	b.report(fmt.Sprintf("append x%d conns", b.o.conns), rate, "msg/s")
	return nil
}

func (b *bench) append1() error {
	rate, _, err := b.parallelAppend(1, b.o.appends/4)
	if err != nil {
		return err
	}
	b.report("append x1 conn", rate, "msg/s")
	return nil
}

// taskFill brings the mailbox of user 1 to fillN messages, with MULTIAPPEND
// where the server has it. Making the messages is not counted.
func (b *bench) fill() error {
	cl, err := b.login(1)
	if err != nil {
		return err
	}
	defer cl.close()
	if b.o.mailbox != "INBOX" {
		cl.cmd("CREATE " + b.o.mailbox)
	}
	have, err := cl.selectBox(b.o.mailbox)
	if err != nil {
		return err
	}
	cl.cmd("CLOSE")
	g := b.corpus(b.o.seed)
	for i := 0; i < have; i++ {
		g.message()
	}
	k := 1
	if cl.has("MULTIAPPEND") && cl.has("LITERAL+") {
		k = 100
	}
	var d time.Duration
	n, size := 0, 0
	for i := have; i < b.o.fill; i += k {
		batch := g.messages(min(k, b.o.fill-i))
		t := time.Now()
		if err := cl.appendAll(b.o.mailbox, batch); err != nil {
			return err
		}
		d += time.Since(t)
		for _, m := range batch {
			size += len(m)
		}
		n += len(batch)
	}
	if n > 0 {
		b.report("fill", float64(n)/d.Seconds(), "msg/s")
		b.report("fill bytes", float64(size)/d.Seconds()/1e6, "MB/s")
	}
	return nil
}

// appendAll appends one message by APPEND, or several by one MULTIAPPEND.
func (c *client) appendAll(box string, messages [][]byte) error {
	if len(messages) == 1 {
		return c.appendMsg(box, messages[0])
	}
	c.tag++
	tag := "b" + strconv.Itoa(c.tag)
	fmt.Fprintf(c.w, "%s APPEND %s", tag, box)
	for _, m := range messages {
		fmt.Fprintf(c.w, " {%d+}\r\n", len(m))
		c.w.Write(m)
	}
	c.w.WriteString("\r\n")
	_, err := c.finish(tag, nil)
	return err
}
