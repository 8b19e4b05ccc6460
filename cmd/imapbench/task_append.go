package main

import (
	"fmt"
	"strconv"
	"sync"
	"time"
)

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
	t := time.Now()
	for i, cl := range cls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			g := b.corpus(b.o.seed + uint64(i)*1000)
			var n int64
			for j := 0; j < per; j++ {
				m := g.message()
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
// where the server has it.
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
	t := time.Now()
	n, size := 0, 0
	for i := have; i < b.o.fill; {
		k := 1
		if cl.has("MULTIAPPEND") && cl.has("LITERAL+") {
			k = min(100, b.o.fill-i)
		}
		if k == 1 {
			m := g.message()
			size += len(m)
			if err := cl.appendMsg(b.o.mailbox, m); err != nil {
				return err
			}
		} else {
			cl.tag++
			tag := "b" + strconv.Itoa(cl.tag)
			fmt.Fprintf(cl.w, "%s APPEND %s", tag, b.o.mailbox)
			for j := 0; j < k; j++ {
				m := g.message()
				size += len(m)
				fmt.Fprintf(cl.w, " {%d+}\r\n", len(m))
				cl.w.Write(m)
			}
			cl.w.WriteString("\r\n")
			if _, err := cl.finish(tag, nil); err != nil {
				return err
			}
		}
		i += k
		n += k
	}
	if n > 0 {
		d := time.Since(t)
		b.report("fill", float64(n)/d.Seconds(), "msg/s")
		b.report("fill bytes", float64(size)/d.Seconds()/1e6, "MB/s")
	}
	return nil
}
