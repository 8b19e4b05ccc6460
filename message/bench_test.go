package message

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// typicalMessage is a multipart/alternative of about 4 KB, as clients send.
func typicalMessage() []byte {
	var b strings.Builder
	b.WriteString("Return-Path: <alice@example.com>\nDelivered-To: bob@example.org\n")
	for i := range 3 {
		fmt.Fprintf(&b, "Received: from mx%d.example.com (mx%d.example.com [192.0.2.%d])\n\tby mail.example.org (Postfix) with ESMTPS id 4XyZ%d\n\tfor <bob@example.org>; Mon,  2 Jan 2006 15:04:0%d +0000 (UTC)\n", i, i, i, i, i)
	}
	b.WriteString(`DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;
	h=from:to:subject:date:message-id; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
	b=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSbav+yuU4zGeeruD00lszZVoG4ZHRNiYzR
From: =?utf-8?q?J=C3=B6rg_M=C3=BCller?= <alice@example.com>
To: Bob Example <bob@example.org>, "Carol, the third" <carol@example.net>
Cc: dave@example.com, Eve <eve@example.com>
Subject: Re: [project] Quarterly numbers and the plan for next week
Date: Mon, 2 Jan 2006 15:04:05 +0100
Message-ID: <20060102150405.12345@example.com>
In-Reply-To: <20060101.1@example.org>
References: <20051231.1@example.org> <20060101.1@example.org>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="----=_Part_1234_5678.90"

------=_Part_1234_5678.90
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

`)
	b.WriteString(strings.Repeat("The quick brown fox jumps over the lazy dog and runs away from it.\n", 14))
	b.WriteString("------=_Part_1234_5678.90\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<html><body>\n")
	b.WriteString(strings.Repeat("<p>The quick brown fox jumps over the lazy dog and runs away.</p>\n", 18))
	b.WriteString("</body></html>\n------=_Part_1234_5678.90--\n")
	return []byte(crlf(b.String()))
}

func typicalHeader() []byte {
	raw := typicalMessage()
	return raw[:Parse(raw).HeaderSize()]
}

func BenchmarkParseTypical(b *testing.B) {
	raw := typicalMessage()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(raw)
	}
}

func BenchmarkAppendSummary(b *testing.B) {
	m := Parse(typicalMessage())
	var row []byte
	b.ReportAllocs()
	for b.Loop() {
		row = m.AppendSummary(row[:0])
	}
	b.ReportMetric(float64(len(row)), "row-bytes")
}

func benchmarkParse(b *testing.B, head, line, tail string) {
	raw := append([]byte(head), bytes.Repeat([]byte(line), 16<<20/len(line))...)
	raw = append(raw, tail...)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		p := NewParser(Limits{})
		for at := 0; at < len(raw); at += 32 << 10 {
			_, _ = p.Write(raw[at:min(at+32<<10, len(raw))])
		}
		p.Finish()
	}
}

func BenchmarkParseAttachment(b *testing.B) {
	line := strings.Repeat("QUJD", 19) + "\r\n"
	benchmarkParse(b, "Content-Type: multipart/mixed; boundary=bound\r\n\r\n--bound\r\nContent-Transfer-Encoding: base64\r\n\r\n", line, "--bound--\r\n")
}

func BenchmarkParsePlain(b *testing.B) {
	benchmarkParse(b, "Subject: x\r\n\r\n", strings.Repeat("text ", 14)+"\r\n", "")
}

func BenchmarkParseHyphens(b *testing.B) {
	benchmarkParse(b, "Content-Type: multipart/mixed; boundary=bound\r\n\r\n--bound\r\n\r\n", "----\r\n", "")
}

func BenchmarkParseLongHeader(b *testing.B) {
	benchmarkParse(b, "X-Long: ", "text and more ", "\r\n\r\n")
}

func BenchmarkHeaderFields(b *testing.B) {
	header := typicalHeader()
	set := NewFieldSet(strings.Fields("From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To"))
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out = set.AppendFields(out[:0], header, false)
	}
	b.ReportMetric(float64(len(header)), "header-bytes")
}

func BenchmarkSummaryEnvelope(b *testing.B) {
	s := Summary(Parse(typicalMessage()).AppendSummary(nil))
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n += len(s.Envelope())
	}
	_ = n
}

func BenchmarkSummaryPart(b *testing.B) {
	s := Summary(Parse(typicalMessage()).AppendSummary(nil))
	path := []int{1}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := s.Part(path); !ok {
			b.Fatal("no part")
		}
	}
}

func BenchmarkSummaryValid(b *testing.B) {
	s := Summary(Parse(typicalMessage()).AppendSummary(nil))
	for b.Loop() {
		if s.Valid() != nil {
			b.Fatal("not valid")
		}
	}
}

func BenchmarkAppendBody(b *testing.B) {
	s := Summary(Parse(typicalMessage()).AppendSummary(nil))
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out = s.AppendBody(out[:0])
	}
}

func benchmarkText(b *testing.B, part PartInfo, line string) {
	in := strings.Repeat(line, 1<<20/len(line))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.Copy(io.Discard, DecodeText(part, strings.NewReader(in))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeBase64(b *testing.B) {
	benchmarkText(b, PartInfo{Type: "text", Encoding: EncodingBase64}, strings.Repeat("QUJD", 19)+"\r\n")
}

func BenchmarkDecodeQuotedPrintable(b *testing.B) {
	benchmarkText(b, PartInfo{Type: "text", Encoding: EncodingQuotedPrintable}, "The quick brown fox jumps over=20the lazy dog and runs away =\r\n")
}

func BenchmarkDecodeHTML(b *testing.B) {
	benchmarkText(b, PartInfo{Type: "text", Subtype: "html"}, "<p class=\"x\">The <b>quick</b> brown fox &amp; the lazy dog.</p>\r\n")
}

func BenchmarkDecodeISO8859(b *testing.B) {
	benchmarkText(b, PartInfo{Type: "text", Subtype: "plain", Charset: "iso-8859-1"}, "The quick brown f\xf6x jumps over the lazy dog.\r\n")
}
