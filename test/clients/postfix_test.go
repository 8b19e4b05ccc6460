package clients_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/restante/restante/internal/loopback"
	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
)

const postfixMain = `
compatibility_level = 3.6
queue_directory = {dir}/postfix/spool
data_directory = {dir}/postfix/data
daemon_directory = /usr/lib/postfix/sbin
maillog_file_prefixes = {dir}
maillog_file = {dir}/postfix/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.org
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
relay_transport = error:no relaying in this test
default_transport = error:no relaying in this test
virtual_mailbox_domains = example.org, unix.example.org
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
transport_maps = inline:{{ unix.example.org = lmtp:unix:{socket} }}
unverified_recipient_reject_code = 550
address_verify_poll_delay = 1s
address_verify_poll_count = 300
recipient_delimiter = +
minimal_backoff_time = 300s
queue_run_delay = 300s
`

// postfixMaster lists the daemons; none is in a chroot. The server at outside asks
// for each recipient whether it exists, as docs/install.md has it.
func postfixMaster(smtp, outside string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s inet n - n - - smtpd\n", smtp)
	fmt.Fprintf(&b, "%s inet n - n - - smtpd -o smtpd_recipient_restrictions=reject_unverified_recipient\n", outside)
	for _, line := range []string{
		"pickup unix n - n 60 1 pickup", "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr",
		"rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce",
		"trace unix - - n - 0 bounce", "verify unix - - n - 1 verify", "flush unix n - n 1000? 0 flush",
		"proxymap unix - - n - - proxymap", "lmtp unix - - n - - lmtp", "error unix - - n - - error",
		"retry unix - - n - - error", "showq unix n - n - - showq", "anvil unix - - n - 1 anvil",
		"scache unix - - n - 1 scache", "tlsmgr unix - - n 1000? 1 tlsmgr", "postlog unix-dgram n - n - 1 postlogd",
	} {
		fmt.Fprintln(&b, line)
	}
	return b.String()
}

// postfix is an instance of its own, with all its files in the test's directory.
type postfix struct {
	s       *binary.Server
	dir     string
	smtp    string // where mail of this machine comes in
	outside string // where mail of others comes in
	swaks   string
}

func startPostfix(t *testing.T, s *binary.Server) *postfix {
	t.Helper()
	program := binary.Need(t, "postfix", "postfix")
	p := &postfix{s: s, dir: filepath.Join(s.Dir, "postfix"), smtp: loopback.FreeAddr(t), outside: loopback.FreeAddr(t), swaks: binary.Need(t, "swaks", "swaks")}
	config := filepath.Join(p.dir, "etc")
	write(t, filepath.Join(config, "main.cf"), fill(s, postfixMain, "{socket}", s.LMTPSocket))
	write(t, filepath.Join(config, "master.cf"), postfixMaster(p.smtp, p.outside))
	for _, sub := range []string{"spool", "data"} {
		if err := os.MkdirAll(filepath.Join(p.dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	owner, err := user.Lookup("postfix")
	if err != nil {
		binary.Missing(t, err.Error())
	}
	uid, _ := strconv.Atoi(owner.Uid)
	if err := os.Chown(filepath.Join(p.dir, "data"), uid, -1); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"main.cf", "master.cf"} {
		if err := os.Chmod(filepath.Join(config, file), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, p.dir, nil, program, "-c", config, "start")
	t.Cleanup(func() {
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(p.dir, "log"))
			t.Logf("Postfix's log:\n%s", log)
		}
		// Not by run: the test's context has ended.
		if out, err := exec.Command(program, "-c", config, "stop").CombinedOutput(); err != nil {
			t.Errorf("postfix stop: %v\n%s", err, out)
		}
	})
	binary.Eventually(t, "Postfix answers", func() error {
		conn, err := net.Dial("tcp", p.smtp)
		if err == nil {
			conn.Close()
		}
		return err
	})
	return p
}

// send has swaks hand a message to Postfix, whose text is the name and more.
func (p *postfix) send(t *testing.T, name, from, to string, more ...string) {
	t.Helper()
	args := []string{"--server", p.smtp, "--helo", "client.example.com", "--from", from, "--to", to,
		"--header", "Subject: " + name, "--header", "Message-Id: <" + name + "@example.com>", "--body", "Text of " + name}
	run(t, p.dir, nil, p.swaks, append(args, more...)...)
}

// queue answers what Postfix still has to deliver.
func (p *postfix) queue(t *testing.T) string {
	t.Helper()
	return run(t, p.dir, nil, binary.Need(t, "postqueue", "postfix"), "-c", filepath.Join(p.dir, "etc"), "-p")
}

// retry has Postfix try again to deliver what is in its queue.
func (p *postfix) retry(t *testing.T) {
	t.Helper()
	run(t, p.dir, nil, binary.Need(t, "postqueue", "postfix"), "-c", filepath.Join(p.dir, "etc"), "-f")
}

// waitQueue waits until the queue's listing has text, or is empty if text is "".
func (p *postfix) waitQueue(t *testing.T, text string) {
	t.Helper()
	if text == "" {
		text = "Mail queue is empty"
	}
	binary.Eventually(t, "the queue", func() error {
		if queue := p.queue(t); !strings.Contains(queue, text) {
			return fmt.Errorf("%q is not in %s", text, queue)
		}
		return nil
	})
}

// arrives waits for a message in a mailbox.
func arrives(t *testing.T, c *imapclient.Client, mailbox, name string) {
	t.Helper()
	arrivesAfter(t, func() {}, c, mailbox, name)
}

// arrivesAfter is arrives with something to be done before each look: Postfix
// does not heed a wish to try again that comes while it is busy with the mail.
func arrivesAfter(t *testing.T, again func(), c *imapclient.Client, mailbox, name string) {
	t.Helper()
	binary.Eventually(t, name, func() error {
		again()
		all := picture(t, c, mailbox)
		if _, there := all[name]; !there {
			return fmt.Errorf("%s has %v", mailbox, all)
		}
		return nil
	})
}

// bounce waits for a delivery status notification in alice's INBOX that holds
// all the texts.
func bounce(t *testing.T, c *imapclient.Client, texts ...string) {
	t.Helper()
	binary.Eventually(t, "a bounce", func() error {
		messages, err := c.Messages("INBOX", "BODY.PEEK[]")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			found := strings.Contains(m.Item, "report-type=delivery-status")
			for _, text := range texts {
				found = found && strings.Contains(m.Item, text)
			}
			if found {
				return nil
			}
		}
		return fmt.Errorf("none with %q among %d messages", texts, len(messages))
	})
}

// TestPostfix sends mail through a Postfix that hands it over by LMTP.
func TestPostfix(t *testing.T) {
	t.Parallel()
	binary.Need(t, "postfix", "postfix")
	binary.Need(t, "swaks", "swaks")
	if os.Getuid() != 0 {
		binary.Missing(t, "Postfix is started by root only")
	}
	const bob, unix = "bob@example.org", "carol@unix.example.org"
	s := binary.Start(t, binary.Options{Path: restante, Config: "limits.message_size = \"128KiB\"\n"})
	for _, name := range []string{alice, bob, unix} {
		s.AddUser(t, name, password)
	}
	p := startPostfix(t, s)
	c := login(t, s)

	t.Run("TCP", func(t *testing.T) {
		p.send(t, "plain", unix, alice, "--attach-type", "text/html", "--attach", "<b>.\r\n.\r\n..</b>")
		arrives(t, c, "INBOX", "plain")
		messages, err := c.Messages("INBOX", "BODY.PEEK[HEADER]")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Return-Path: <" + unix + ">\r\n", "Delivered-To: " + alice + "\r\n", "Received: from client.example.com"} {
			if !strings.Contains(messages[0].Item, want) {
				t.Errorf("%q is not in %q", want, messages[0].Item)
			}
		}
	})
	t.Run("Unix socket", func(t *testing.T) {
		p.send(t, "socket", alice, unix)
		carol, err := loginAs(t, s, unix)
		if err != nil {
			t.Fatal(err)
		}
		arrives(t, carol, "INBOX", "socket")
	})
	t.Run("plus address", func(t *testing.T) {
		if _, err := c.Do("CREATE lists"); err != nil {
			t.Fatal(err)
		}
		p.send(t, "plus", unix, "alice+lists@example.org")
		arrives(t, c, "lists", "plus")
		p.send(t, "detail", unix, "alice+nothing@example.org")
		arrives(t, c, "INBOX", "detail")
	})
	t.Run("several recipients, one unknown", func(t *testing.T) {
		p.send(t, "several", alice, alice+","+bob+",nobody@example.org")
		bounce(t, c, "<nobody@example.org>", "Status: 5.1.1", "550 5.1.1")
		arrives(t, c, "INBOX", "several")
		other, err := loginAs(t, s, bob)
		if err != nil {
			t.Fatal(err)
		}
		arrives(t, other, "INBOX", "several")
	})
	t.Run("recipients verified", func(t *testing.T) {
		const rcptRefused = 24
		mail := []string{"--server", p.outside, "--from", "x@example.com", "--header", "Message-Id: <verified@example.com>", "--to"}
		if out := run(t, p.dir, []int{rcptRefused}, p.swaks, append(mail, "nobody@example.org")...); !strings.Contains(out, "<** 550 5.1.1 <nobody@example.org>") {
			t.Errorf("an unknown recipient from outside: %s", out)
		}
		run(t, p.dir, nil, p.swaks, append(mail, alice)...)
		arrives(t, c, "INBOX", "verified")
	})
	t.Run("too large", func(t *testing.T) {
		file := filepath.Join(p.dir, "large.txt")
		write(t, file, strings.Repeat("A line.\n", 20_000))
		p.send(t, "large", alice, bob, "--attach", "@"+file)
		bounce(t, c, "<"+bob+">", "Status: 5.3.4")
	})
	p.waitQueue(t, "")
	t.Run("over quota", func(t *testing.T) { p.overQuota(t, bob) })
	t.Run("server down", func(t *testing.T) {
		s.Stop(t)
		p.send(t, "patience", unix, alice)
		p.waitQueue(t, "Connection refused")
		s.Run(t)
		arrivesAfter(t, func() { p.retry(t) }, login(t, s), "INBOX", "patience")
		p.waitQueue(t, "")
	})
}

// overQuota has mail for a full account wait until there is room.
func (p *postfix) overQuota(t *testing.T, name string) {
	c, err := loginAs(t, p.s, name)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := p.s.Command(t, "", "user", "quota", name, "0", "1"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.send(t, "waiting", alice, name)
	p.waitQueue(t, "4.2.2")
	if out, err := p.s.Command(t, "", "user", "quota", name, "0", "10"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	arrivesAfter(t, func() { p.retry(t) }, c, "INBOX", "waiting")
	p.waitQueue(t, "")
}
