package server

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/restante/restante/convert"
)

// TestConversionMetrics converts and looks at what was counted of it, and that images
// become what the server was told.
func TestConversionMetrics(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	h := newHost(t, hostOptions{imap: func(o *Options) { o.Metrics, o.ConvertImages = m, convert.PNG }})
	c := h.login(t, "alice")
	const html = "Content-Type: text/html\r\n\r\n<p>one</p>\r\n"
	const gif = "Content-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODdhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=\r\n"
	for _, message := range []string{html, gif} {
		c.do(fmt.Sprintf("a1 APPEND INBOX {%d+}\r\n%s", len(message), message))
	}
	c.do("a2 SELECT INBOX")
	c.do(`a3 CONVERT 1 ("text/plain" ("charset" "utf-8")) BINARY[1]`)
	c.do(`a4 CONVERT 1 ("text/plain" ("charset" "utf-8")) BINARY[1]`)
	c.try(`a5 CONVERT 1 ("image/png") BINARY[1]`)
	if lines := strings.Join(c.do(`a6 CONVERT 2 (NIL) (BINARY[1] BODYPARTSTRUCTURE[1])`), "\n"); !strings.Contains(lines, `"image" "png"`) {
		t.Errorf("the image became\n%q", lines)
	}
	for labels, want := range map[[2]string]float64{{"text", "converted"}: 1, {"text", "kept"}: 1, {"text", "refused"}: 1, {"image", "converted"}: 1} {
		if got := testutil.ToFloat64(m.conversions.WithLabelValues(labels[0], labels[1])); got != want {
			t.Errorf("%v: %v conversions, not %v", labels, got, want)
		}
	}
}

// TestLegacyMetrics counts the commands of older protocols by their names.
func TestLegacyMetrics(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	h := newHost(t, hostOptions{imap: func(o *Options) { o.Metrics, o.LegacyDialects = m, true }})
	c := h.login(t, "alice")
	c.do("a1 FIND ALL.MAILBOXES *")
	c.do("a2 SUPPORTED.VERSIONS")
	c.try("a3 BBOARD news")
	for _, name := range []string{"FIND", "SUPPORTED.VERSIONS"} {
		if got := testutil.ToFloat64(m.commands[name].total.WithLabelValues(name, "ok")); got != 1 {
			t.Errorf("%v of %s", got, name)
		}
	}
	if got := testutil.ToFloat64(m.commands["BBOARD"].total.WithLabelValues("BBOARD", "no")); got != 1 {
		t.Errorf("%v of BBOARD", got)
	}
}
