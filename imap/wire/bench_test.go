package wire

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/restante/restante/imap"
)

func BenchmarkEncodeFetch(b *testing.B) {
	e := NewEncoder(io.Discard, EncoderOptions{})
	flags := []byte(`(\Seen \Answered)`)
	b.ReportAllocs()
	for b.Loop() {
		e.Untagged().Number(12345).Raw(" FETCH (UID ").Number(234567).Raw(" FLAGS ").RawBytes(flags).Close().CRLF()
	}
}

func BenchmarkEncodeSmall(b *testing.B) {
	at := time.Unix(1e9, 0).UTC()
	set := imap.NumSetRange(5, 900)
	for name, f := range map[string]func(*Encoder){
		"Number":   func(e *Encoder) { e.Number(1234567) },
		"String":   func(e *Encoder) { e.String("Re: a subject of usual length, more or less") },
		"Atom":     func(e *Encoder) { e.Atom("abcdef") },
		"Mailbox":  func(e *Encoder) { e.Mailbox("Archive/2024") },
		"DateTime": func(e *Encoder) { e.DateTime(at) },
		"NumSet":   func(e *Encoder) { e.NumSet(set) },
		"Status":   func(e *Encoder) { e.Status("a1", imap.StatusResponse{Type: imap.StatusOK, Text: "Done"}) },
	} {
		b.Run(name, func(b *testing.B) {
			e := NewEncoder(io.Discard, EncoderOptions{})
			b.ReportAllocs()
			for b.Loop() {
				f(e)
			}
		})
	}
}

func BenchmarkEncodeLiteral(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 21<<10)
	e := NewEncoder(io.Discard, EncoderOptions{})
	b.Run("Reader", func(b *testing.B) {
		r := bytes.NewReader(nil)
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			r.Reset(body)
			e.Literal(int64(len(body)), r)
		}
	})
	b.Run("Bytes", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			e.LiteralBytes(body)
		}
	})
}

// repeat gives the same octets for ever.
type repeat struct {
	b  []byte
	at int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], r.b[r.at:])
		n += k
		r.at = (r.at + k) % len(r.b)
	}
	return n, nil
}

func BenchmarkDecodeLine(b *testing.B) {
	d := NewDecoder(&repeat{b: []byte("b12 UID FETCH 1:* (FLAGS)\r\n")}, DecoderOptions{})
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Begin(); err != nil {
			b.Fatal(err)
		}
		d.Rest()
		if err := d.Finish(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeMessageLiteral(b *testing.B) {
	const size = 21000
	in := append([]byte("a APPEND {21000+}\r\n"), bytes.Repeat([]byte("x"), size)...)
	d := NewDecoder(&repeat{b: append(in, "\r\n"...)}, DecoderOptions{})
	buf := make([]byte, 32<<10)
	b.ReportAllocs()
	b.SetBytes(size)
	for b.Loop() {
		_ = d.Begin()
		d.Tag()
		d.SP()
		d.Keyword()
		d.SP()
		d.ExpectMessageLiteral()
		r, err := d.AcceptLiteral()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(r, buf[:size]); err != nil {
			b.Fatal(err)
		}
		d.EndLiteral()
		if err := d.Finish(); err != nil {
			b.Fatal(err)
		}
	}
}
