package main

import (
	"fmt"
	"time"
)

// taskStore changes flags of the whole mailbox in one command.
func (b *bench) store() error {
	cl, err := b.login(1)
	if err != nil {
		return err
	}
	defer cl.close()
	n, err := cl.selectBox(b.o.mailbox)
	if err != nil {
		return err
	}
	sign := "+"
	d, err := b.median(func() error {
		_, err := cl.cmd("UID STORE 1:* " + sign + "FLAGS.SILENT (\\Flagged)")
		if sign == "+" {
			sign = "-"
		} else {
			sign = "+"
		}
		return err
	})
	if err != nil {
		return err
	}
	b.report("store all", float64(n)/d.Seconds(), "msg/s")
	return nil
}

// store1 changes one message's flags a command, a round trip each: it sets a
// flag, message by message, and takes it away again, until a second or so of
// either server is measured.
func (b *bench) store1() error {
	cl, err := b.login(1)
	if err != nil {
		return err
	}
	defer cl.close()
	n, err := cl.selectBox(b.o.mailbox)
	if err != nil {
		return err
	}
	const commands = 10_000
	k := min(1000, n)
	t := time.Now()
	for i := range commands {
		sign := "+-"[i/k%2]
		if _, err := cl.cmd(fmt.Sprintf("STORE %d %cFLAGS (\\Seen)", 1+i%k, sign)); err != nil {
			return err
		}
	}
	b.report("store one", commands/time.Since(t).Seconds(), "cmd/s")
	_, err = cl.cmd("STORE 1:* -FLAGS.SILENT (\\Seen)")
	return err
}

func (b *bench) copy() error {
	cl, err := b.login(1)
	if err != nil {
		return err
	}
	defer cl.close()
	n, err := cl.selectBox(b.o.mailbox)
	if err != nil {
		return err
	}
	cl.cmd("DELETE bench-copy")
	if _, err := cl.cmd("CREATE bench-copy"); err != nil {
		return err
	}
	k := min(5000, n)
	t := time.Now()
	if _, err := cl.cmd(fmt.Sprintf("COPY 1:%d bench-copy", k)); err != nil {
		return err
	}
	b.report("copy", float64(k)/time.Since(t).Seconds(), "msg/s")
	return nil
}

// taskExpunge empties what copy made.
func (b *bench) expunge() error {
	cl, err := b.login(1)
	if err != nil {
		return err
	}
	defer cl.close()
	n, err := cl.selectBox("bench-copy")
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("bench-copy is empty: run copy first")
	}
	t := time.Now()
	if _, err := cl.cmd("STORE 1:* +FLAGS.SILENT (\\Deleted)"); err != nil {
		return err
	}
	if _, err := cl.cmd("EXPUNGE"); err != nil {
		return err
	}
	b.report("delete+expunge", float64(n)/time.Since(t).Seconds(), "msg/s")
	return nil
}
