package clients_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/restante/restante/test/binary"
)

// TestIMAPTalk calls the methods of Perl's Mail::IMAPTalk.
func TestIMAPTalk(t *testing.T) {
	t.Parallel()
	perl := binary.Need(t, "perl", "perl")
	for module, debian := range map[string]string{"Mail::IMAPTalk": "libmail-imaptalk-perl", "IO::Socket::SSL": "libio-socket-ssl-perl"} {
		if exec.Command(perl, "-M"+module, "-e", "1").Run() != nil {
			binary.Missing(t, "Perl's "+module+" is not installed (Debian package "+debian+")")
		}
	}
	s := start(t)
	script, err := filepath.Abs("testdata/imaptalk.pl")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(run(t, s.Dir, nil, perl, script, fill(s, "{imaps}"), s.CA, alice, password))
}
