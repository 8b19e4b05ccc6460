package main

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// corpus makes a repeatable stream of realistic messages: plain, alternative,
// with attachments, replies that thread, encoded headers; most small, a few large.
type corpus struct {
	r     *rand.Rand
	n     int
	words []string
	zipf  *rand.Zipf
	ids   []string
	subj  []string
	base  time.Time
	buf   strings.Builder
	small bool // no parts and no long texts
}

// newCorpus begins the stream of a seed.
func newCorpus(seed uint64) *corpus {
	r := rand.New(rand.NewPCG(seed, 42))
	vocab := rand.New(rand.NewPCG(7, 7))
	c := &corpus{r: r, base: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)}
	c.words = []string{"the", "of", "and", "to", "in", "a", "is", "that", "for", "on", "invoice", "meeting", "quarterly", "report"}
	for len(c.words) < 20000 {
		n := 3 + vocab.IntN(7)
		b := make([]byte, n)
		for i := range b {
			if i%2 == 0 {
				b[i] = "bcdfghklmnprstvw"[vocab.IntN(16)]
			} else {
				b[i] = "aeiouy"[vocab.IntN(6)]
			}
		}
		c.words = append(c.words, string(b))
	}
	c.zipf = rand.NewZipf(r, 1.2, 8, uint64(len(c.words)-1))
	return c
}

func (c *corpus) text(words int) string {
	c.buf.Reset()
	col := 0
	for i := 0; i < words; i++ {
		w := c.words[c.zipf.Uint64()]
		if c.r.IntN(40000) == 0 {
			w = "zyzzyva"
		}
		c.buf.WriteString(w)
		if col += len(w) + 1; col > 68 {
			c.buf.WriteString("\r\n")
			col = 0
		} else {
			c.buf.WriteByte(' ')
		}
	}
	c.buf.WriteString("\r\n")
	return c.buf.String()
}

// messages are the next n.
func (c *corpus) messages(n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = c.message()
	}
	return all
}

// message is the next one, with CRLF line ends.
func (c *corpus) message() []byte {
	c.n++
	id := fmt.Sprintf("<%d.%x@bench.example>", c.n, c.r.Uint64())
	date := c.base.Add(time.Duration(c.n) * 97 * time.Second)
	from, to := c.r.IntN(400), c.r.IntN(50)
	subj := c.words[c.zipf.Uint64()] + " " + c.words[c.zipf.Uint64()] + " " + c.words[c.zipf.Uint64()]
	refs := ""
	if len(c.ids) > 20 && c.r.IntN(100) < 45 {
		k := len(c.ids) - 1 - c.r.IntN(20)
		refs = "In-Reply-To: " + c.ids[k] + "\r\nReferences: " + c.ids[k] + "\r\n"
		subj = "Re: " + strings.TrimPrefix(c.subj[k], "Re: ")
	}
	c.ids, c.subj = append(c.ids, id), append(c.subj, subj)
	if len(c.ids) > 400 {
		c.ids, c.subj = c.ids[200:], c.subj[200:]
	}
	show := subj
	if c.r.IntN(12) == 0 {
		show = "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(subj+" Grüße")) + "?="
	}
	if c.small {
		return []byte(fmt.Sprintf("Date: %s\r\nFrom: sender%d@example.org\r\nSubject: %s\r\nMessage-ID: %s\r\n%s\r\n%s",
			date.Format(time.RFC1123Z), from, show, id, refs, c.text(10)))
	}
	head := fmt.Sprintf("Received: from mx%d.example.org (mx%d.example.org [192.0.2.%d])\r\n\tby mail.bench.example with ESMTPS id %x\r\n\tfor <user%d@bench.example>; %s\r\n"+
		"Received: from [198.51.100.%d] by mx%d.example.org with ESMTPSA; %s\r\n"+
		"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1;\r\n\th=from:to:subject:date:message-id; bh=%x%x=;\r\n\tb=%x%x%x%x%x%x\r\n"+
		"Date: %s\r\nFrom: Sender Number %d <sender%d@example.org>\r\nTo: user%d@bench.example\r\nCc: \"Copy, Person %d\" <cc%d@example.net>\r\nSubject: %s\r\nMessage-ID: %s\r\n%sX-Mailer: bench 1.0\r\nMIME-Version: 1.0\r\n",
		from%7, from%7, from%250, c.r.Uint64(), to, date.Format(time.RFC1123Z), from%250, from%7, date.Format(time.RFC1123Z),
		c.r.Uint64(), c.r.Uint64(), c.r.Uint64(), c.r.Uint64(), c.r.Uint64(), c.r.Uint64(), c.r.Uint64(), c.r.Uint64(),
		date.Format(time.RFC1123Z), from, from, to, to, to, show, id, refs)
	switch k := c.r.IntN(100); {
	case k < 45:
		return []byte(head + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + c.text(60+c.r.IntN(400)))
	case k < 85:
		b := fmt.Sprintf("=_%x", c.r.Uint64())
		t := c.text(80 + c.r.IntN(400))
		return []byte(head + "Content-Type: multipart/alternative; boundary=\"" + b + "\"\r\n\r\n--" + b +
			"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + t + "\r\n--" + b +
			"\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><body><p class=3D\"x\">" + t + "</p></body></html>\r\n--" + b + "--\r\n")
	default:
		b := fmt.Sprintf("=_%x", c.r.Uint64())
		size := 4000 + c.r.IntN(60000)
		if c.r.IntN(20) == 0 {
			size = 500000 + c.r.IntN(1000000)
		}
		raw := make([]byte, size)
		for i := range raw {
			raw[i] = byte(c.r.Uint32())
		}
		enc := base64.StdEncoding.EncodeToString(raw)
		var att strings.Builder
		for len(enc) > 76 {
			att.WriteString(enc[:76])
			att.WriteString("\r\n")
			enc = enc[76:]
		}
		att.WriteString(enc)
		return []byte(head + "Content-Type: multipart/mixed; boundary=\"" + b + "\"\r\n\r\n--" + b +
			"\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" + c.text(40+c.r.IntN(200)) + "\r\n--" + b +
			"\r\nContent-Type: application/pdf; name=\"report.pdf\"\r\nContent-Disposition: attachment; filename=\"report.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			att.String() + "\r\n--" + b + "--\r\n")
	}
}
