// Command imapbench drives any IMAP server over the wire and times what mail
// clients make it do. It knows nothing of a server's insides, so the same run
// against two servers on the same machine is a fair comparison: quote ratios,
// not absolute times.
//
//	imapbench -addr 127.0.0.1:1143 -user 'u%d' -pass secret -tasks append,select,... [-json out.json]
//
// Tasks run in the order given and share the mailboxes that earlier tasks
// filled. See README.md for what each task does.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"
)

// options are the command line.
type options struct {
	addr, user, pass, tasks, mailbox, json string
	tls, small                             bool
	fill, appends, conns, idle, reps, pid  int
	seed                                   uint64
}

// bench is one run against one server.
type bench struct {
	o       options
	figures []figure
}

// figure is one measured number.
type figure struct {
	Task  string  `json:"task"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

func main() {
	log.SetFlags(0)
	var o options
	flag.StringVar(&o.addr, "addr", "127.0.0.1:143", "server address; of several with commas between, users are spread over them")
	flag.BoolVar(&o.tls, "tls", false, "connect with implicit TLS (certificate not verified)")
	flag.StringVar(&o.user, "user", "u%d", "user name; %d becomes the user's number, from 1")
	flag.StringVar(&o.pass, "pass", "pass", "password")
	flag.StringVar(&o.tasks, "tasks", "append,append1,fill,select,flags,envelope,header,body,part,search,sort,store,store1,copy,expunge,login,resync,status,idle", "comma-separated tasks")
	flag.StringVar(&o.mailbox, "mailbox", "INBOX", "mailbox that fill and the read tasks use")
	flag.IntVar(&o.fill, "fill", 20000, "messages that fill puts in the mailbox")
	flag.BoolVar(&o.small, "small", false, "messages of a few hundred bytes")
	flag.IntVar(&o.appends, "append", 2000, "messages that append writes in all")
	flag.IntVar(&o.conns, "conns", 16, "concurrent connections (one user each) in append and login")
	flag.IntVar(&o.idle, "idle", 1000, "connections that idle holds open")
	flag.IntVar(&o.reps, "reps", 3, "repetitions of each read task; the median is reported")
	flag.IntVar(&o.pid, "pid", 0, "server's process id: idle reports the memory of it and its children")
	flag.StringVar(&o.json, "json", "", "also write the figures to this file")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the message corpus")
	flag.Parse()
	b := &bench{o: o}
	failed := b.run()
	if o.json != "" {
		out, err := json.MarshalIndent(b.figures, "", "  ")
		if err == nil {
			err = os.WriteFile(o.json, out, 0o644)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	if failed {
		os.Exit(1)
	}
}

// run runs the tasks and reports whether any failed.
func (b *bench) run() (failed bool) {
	all := map[string]func() error{
		"append": b.append, "append1": b.append1, "fill": b.fill, "select": b.selectTask, "flags": b.flags,
		"envelope": b.envelope, "header": b.header, "body": b.body, "part": b.part,
		"search": b.search, "sort": b.sort, "store": b.store, "store1": b.store1, "copy": b.copy,
		"expunge": b.expunge, "login": b.loginTask, "idle": b.idle, "resync": b.resync, "status": b.status,
	}
	for _, name := range strings.Split(b.o.tasks, ",") {
		task := all[strings.TrimSpace(name)]
		if task == nil {
			log.Fatalf("imapbench: no task %q", name)
		}
		if err := task(); err != nil {
			failed = true
			fmt.Printf("%-28s failed: %v\n", name, err)
			b.figures = append(b.figures, figure{name, -1, "failed: " + err.Error()})
		}
	}
	return failed
}

func (b *bench) report(task string, v float64, unit string) {
	b.figures = append(b.figures, figure{task, v, unit})
	fmt.Printf("%-28s %14.1f %s\n", task, v, unit)
}

// median runs f as often as asked and returns the median duration.
func (b *bench) median(f func() error) (time.Duration, error) {
	var ds []time.Duration
	for range b.o.reps {
		t := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		ds = append(ds, time.Since(t))
	}
	slices.Sort(ds)
	return ds[len(ds)/2], nil
}

func (b *bench) corpus(seed uint64) *corpus {
	c := newCorpus(seed)
	c.small = b.o.small
	return c
}

// login opens a connection as user number n.
func (b *bench) login(n int) (*client, error) { return b.loginSized(n, 64<<10) }

// loginSized is login with buffers of the size given, for thousands of clients.
func (b *bench) loginSized(n, size int) (*client, error) {
	nodes := strings.Split(b.o.addr, ",")
	cl, err := dial(nodes[n%len(nodes)], b.o.tls, size)
	if err != nil {
		return nil, err
	}
	user := b.o.user
	if strings.Contains(user, "%") {
		user = fmt.Sprintf(user, n)
	}
	if _, err := cl.cmd(fmt.Sprintf("LOGIN %s %s", user, b.o.pass)); err != nil {
		return nil, err
	}
	_, err = cl.cmdEach("CAPABILITY", cl.keepCaps)
	return cl, err
}
