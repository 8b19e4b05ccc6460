package server

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/mailstore/mailstoretest"
)

// FuzzSession sends a client's whole conversation. Whatever it is, nothing may
// panic, the session must end when the client leaves, and the store be sound.
// Tagged answers come in the order of the commands and no command has two; where
// it is plain from the lines alone what is a command, each has one.
func FuzzSession(f *testing.F) {
	for _, seed := range conversations(f) {
		f.Add(seed)
	}
	for _, seed := range []string{
		"a CREATE {4294967296+}\r\nb NOOP\r\n", "a X {3}\r\nb X {3+}\r\nabc {2+}\r\nab\r\nc NOOP\r\n", "a SELECT INBOX\r\nb IDLE\r\nx\r\nDONE\r\n",
		"a APPEND INBOX {5+}\r\nhello {5+}\r\nhello\r\nb SELECT INBOX\r\nc FETCH 1:* (BODY[] ENVELOPE BODYSTRUCTURE)\r\nd UID SEARCH OR NOT ALL BODY x\r\n",
		"a ENABLE QRESYNC UTF8=ACCEPT IMAP4rev2\r\nb SELECT INBOX (QRESYNC (1 1 1:* (1,2 1,2)))\r\nc STORE 1:* FLAGS.SILENT x\r\nd MOVE * INBOX\r\n",
		"a ENABLE UIDONLY QRESYNC\r\nb SELECT INBOX (QRESYNC (1 1 1:* (1,2 1,2)))\r\nc SEARCH 1\r\nd UID SEARCH OR 1 $\r\ne UID FETCH 1:* FLAGS\r\nf UIDBATCHES 500 1:4294967295\r\ng UIDBATCHES 4294967295 4294967295:4294967295\r\n",
		"a SELECT INBOX\r\nb SORT RETURN (MIN MAX SAVE) (REVERSE DATE SUBJECT) UTF-8 1:*\r\nc UID SORT (FROM) UTF-8 $\r\nd SORT (x)\r\ne UID THREAD REFERENCES UTF-8 ALL\r\nf THREAD ORDEREDSUBJECT UTF-8 $\r\n",
		"a APPEND INBOX {32+}\r\nContent-Type: text/html\r\n\r\n<p>xy\r\nb SELECT INBOX\r\nc CONVERT 1 (NIL (CHARSET us-ascii)) (BINARY[1] BODYPARTSTRUCTURE[1])\r\nd CONVERSIONS \"*\" \"*\"\r\n",
		"a SELECT INBOX\r\nb SEARCH RETURN (UPDATE PARTIAL 1:3 SAVE) NOT $\r\nc UID SEARCH RETURN (CONTEXT PARTIAL -1:-5) OR 1:* BODY x\r\nd ESEARCH IN (selected personal) RETURN (UPDATE) 1\r\ne STORE 1:* +FLAGS (\\Deleted)\r\nf EXPUNGE\r\ng CANCELUPDATE \"b\"\r\n",
		"a SELECT INBOX\r\nb STORE 1:* +X-GM-LABELS (x \\Sent \\Starred)\r\nc UID FETCH 1:* (X-GM-LABELS X-GM-MSGID)\r\nd STORE 1 -X-GM-LABELS (\\Inbox)\r\ne STORE * X-GM-LABELS (\\Trash y)\r\nf SEARCH RETURN (UPDATE) X-GM-RAW \"in:x OR -has:attachment\"\r\ng NOOP\r\n",
		"a SETMETADATA \"\" (/private/filters/values/f \"OR {1}\r\n1 FILTER f\")\r\nb SELECT INBOX\r\nc SEARCH FILTER f\r\n",
		"a ENABLE METADATA\r\nb SETMETADATA INBOX (/private/a {2+}\r\nab /shared/b ~{1+}\r\n\x00 /private/specialuse \"\\\\Trash\")\r\nc GETMETADATA (DEPTH infinity MAXSIZE 1) * (/private /shared)\r\nd LIST \"\" * RETURN (METADATA (/private/a))\r\n",
		"a APPEND INBOX {3+}\r\nabc\r\nb APPEND INBOX CATENATE (TEXT {1+}\r\nx URL /INBOX/;UID=1/;PARTIAL=1.1 UTF8 (~{1+}\r\ny)) (\\Seen) CATENATE (URL ;UID=1)\r\nc RESETKEY INBOX INTERNAL\r\nd GENURLAUTH imap://alice@h/INBOX/;UID=1;URLAUTH=anonymous INTERNAL\r\ne URLFETCH (imap://alice@h/INBOX/;UID=1;URLAUTH=anonymous:internal:00112233445566778899aabbccddeeff BINARY BODYPARTSTRUCTURE) x\r\nf RESETKEY\r\n",
		"a GETQUOTAROOT INBOX\r\nb GETQUOTA \"\"\r\nc SETQUOTA \"\" (STORAGE 1)\r\nd XLIST \"\" %\r\ne STATUS INBOX (DELETED-STORAGE APPENDLIMIT)\r\nf RENAME INBOX x\r\ng DELETE x\r\n",
		"a CREATE x\r\nb SETACL x anyone lrk\r\nc SETACL x -{1+}\r\nb lr\r\nd SETACL x {2+}\r\n-b +te\r\ne GETACL x\r\nf LISTRIGHTS x $g\r\ng MYRIGHTS x\r\nh DELETEACL x {2+}\r\n-b\r\ni LIST \"\" (x \"Other Users/*\" Shared/%) RETURN (MYRIGHTS)\r\nj CREATE \"Other Users/b/x\"\r\nk COPY 1 Shared/x\r\nl ESEARCH IN (subtree \"Other Users\") ALL\r\n",
		"a NOTIFY SET (mailboxes (INBOX x {1+}\r\ny) (MessageNew (UID BODY.PEEK[HEADER]) MessageExpunge FlagChange)) (subtree x (MailboxName))\r\nb SELECT INBOX\r\nc STORE 1:* FLAGS (x)\r\nd NOTIFY NONE\r\n",
		"a SELECT INBOX\r\nb STORE 1:* ANNOTATION (/comment (value.priv {1+}\r\nx value.shared NIL))\r\nc FETCH 1:* ANNOTATION ((/* /%) (value size))\r\nd SORT (ANNOTATION /comment value.priv) UTF-8 ANNOTATION * value x\r\n",
		"a APPEND INBOX CATENATE (URL /INBOX/;UID=1/;SECTION=1.MIME/;PARTIAL=0.1 TEXT ~{1+}\r\n\x00)\r\nb SELECT INBOX\r\nc UID REPLACE * INBOX {1+}\r\nx\r\nd GENURLAUTH imap://fuzz@localhost/INBOX/;UID=1;URLAUTH=anonymous INTERNAL\r\ne URLFETCH (imap://fuzz@localhost/INBOX/;UID=1;URLAUTH=anonymous:internal:00 BINARY)\r\nf RESETKEY INBOX INTERNAL\r\n",
		"\r\n\n\x00\r\n * \r\n+ x\r\n", "a AUTHENTICATE PLAIN\r\n*\r\nb LOGIN \"a\\\"\" x\r\n",
	} {
		f.Add([]byte(seed))
	}
	h := newHost(f, hostOptions{
		limits: Limits{CommandLine: 4096, Literal: 1024, Message: 4096, BadCommands: 1 << 30},
		// The client ends its side at once, and all that it has sent is to be answered.
		server: func(s *Server) { s.hangUpGrace = patience },
	})
	runs := 0
	f.Fuzz(func(t *testing.T, sent []byte) {
		h.renew(t, "fuzz")
		c, err := h.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		sent = append([]byte("login LOGIN fuzz secret\r\n"), sent...)
		go func() {
			// The server may close before it has read all.
			_, _ = c.Write(sent)
			_ = c.(*net.TCPConn).CloseWrite()
		}()
		got, err := io.ReadAll(c)
		if err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatalf("the session did not end: %v\n%q", err, got)
		}
		if !bytes.HasPrefix(got, []byte("* OK [CAPABILITY ")) {
			t.Fatalf("greeting %q", got)
		}
		checkAnswers(t, sent, got)
		if runs++; runs%2000 == 0 {
			mailstoretest.MustCheck(t, h.store)
		}
	})
}

// checkAnswers holds the answers against the lines that were sent. Contents of
// messages that were fetched may look like either, so only a conversation without
// literals in its answers is looked at.
func checkAnswers(t *testing.T, sent, got []byte) {
	if bytes.Contains(got, []byte("}\r\n")) {
		return
	}
	commands := bytes.SplitAfter(sent, []byte("\n"))
	commands = commands[:len(commands)-1] // a line without its end is none
	next, answers, over := 0, 0, false
	if before, _, compressed := bytes.Cut(got, []byte(" OK DEFLATE active\r\n")); compressed {
		got, over = append(bytes.Clone(before), " OK\r\n"...), true
	}
	for line := range bytes.Lines(got) {
		if !bytes.HasSuffix(line, []byte("\r\n")) {
			t.Fatalf("a line without its end: %q", line)
		}
		tag, _, _ := bytes.Cut(line, []byte(" "))
		switch {
		case bytes.HasPrefix(line, []byte("* BYE ")):
			over = true
		case bytes.HasPrefix(line, []byte("* BAD ")):
			answers++
		case !bytes.Equal(tag, []byte("*")) && !bytes.Equal(tag, []byte("+")):
			answers++
			for next < len(commands) && !bytes.HasPrefix(commands[next], tag) {
				next++
			}
			if next++; next > len(commands) {
				t.Fatalf("an answer to no command, or a second one: %q\n%q\n%q", line, sent, got)
			}
		}
	}
	// Lines that are no commands of their own follow these.
	for _, word := range []string{"{", "idle", "authenticate"} {
		over = over || bytes.Contains(bytes.ToLower(sent), []byte(word))
	}
	if answers > len(commands) || !over && answers != len(commands) {
		t.Fatalf("%d answers to %d commands:\n%q\n%q", answers, len(commands), sent, got)
	}
}

// conversations gives what the clients of all transcripts send.
func conversations(f *testing.F) [][]byte {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	var all [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var sent []byte
		for line := range strings.Lines(string(text)) {
			if rest, found := strings.CutPrefix(line, "C: "); found && !strings.Contains(rest, "${") {
				sent = append(append(sent, strings.TrimSuffix(rest, "\n")...), "\r\n"...)
			}
		}
		all = append(all, sent)
	}
	return all
}
