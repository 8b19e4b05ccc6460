package message

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files of testdata anew")

// The messages in testdata are of kinds that servers meet in real mail. Beside
// each stands what the package makes of it; -rewrite writes that anew.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatal("no messages in testdata", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m := Parse(raw)
			if err := checkMessage(raw, m); err != nil {
				t.Error(err)
			}
			got := describe(t, raw, Summary(m.AppendSummary(nil)))
			golden := strings.TrimSuffix(file, ".eml") + ".golden"
			if *rewrite {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// describe writes what a summary holds, one item a line, control characters
// and 8-bit text that is not UTF-8 escaped.
func describe(t *testing.T, raw []byte, s Summary) []byte {
	var b bytes.Buffer
	line := func(name string, v []byte) {
		q := fmt.Sprintf("%q", v)
		fmt.Fprintf(&b, "%-14s %s\n", name, strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`))
	}
	line("ENVELOPE", s.Envelope())
	line("BODYSTRUCTURE", s.BodyStructure())
	line("subject", s.Subject())
	line("base subject", s.BaseSubject())
	line("from", s.FromText())
	line("to", s.ToText())
	line("display from", s.FromDisplay())
	line("message id", s.MessageID())
	preview, _ := s.Preview()
	line("preview", preview)
	unix, zone, ok := s.SentDate()
	fmt.Fprintf(&b, "%-14s %d %d %v\n", "sent", unix, zone, ok)
	for p := range s.Parts() {
		fmt.Fprintf(&b, "%s%s/%s %d-%d-%d\n", strings.Repeat("  ", p.Depth+1), p.Type, p.Subtype, p.MIME.Start, p.Body.Start, p.Body.End)
		if !p.IsText() {
			continue
		}
		text, err := io.ReadAll(DecodeText(p, bytes.NewReader(raw[p.Body.Start:p.Body.End])))
		if err != nil {
			t.Error(err)
		}
		line("", text)
	}
	return b.Bytes()
}
