package clients_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/restante/restante/test/binary"
)

// needPerl answers the path of a Perl that has the modules, which are given with
// their Debian packages.
func needPerl(t *testing.T, modules map[string]string) string {
	t.Helper()
	perl := binary.Need(t, "perl", "perl")
	for module, debian := range modules {
		if exec.Command(perl, "-M"+module, "-e", "1").Run() != nil {
			binary.Missing(t, "Perl's "+module+" is not installed (Debian package "+debian+")")
		}
	}
	return perl
}

// TestIMAPTalk calls the methods of Perl's Mail::IMAPTalk.
func TestIMAPTalk(t *testing.T) {
	t.Parallel()
	perl := needPerl(t, map[string]string{"Mail::IMAPTalk": "libmail-imaptalk-perl", "IO::Socket::SSL": "libio-socket-ssl-perl"})
	s := start(t)
	t.Log(run(t, s.Dir, nil, perl, testdata(t, "imaptalk.pl"), fill(s, "{imaps}"), s.CA, alice, password))
}

// TestIMAPClient calls the methods of Perl's Mail::IMAPClient. Two users share a
// mailbox, and one takes it over.
func TestIMAPClient(t *testing.T) {
	t.Parallel()
	perl := needPerl(t, map[string]string{"Mail::IMAPClient": "libmail-imapclient-perl", "IO::Socket::SSL": "libio-socket-ssl-perl"})
	s := start(t)
	s.AddUser(t, carol, password)
	if out, err := s.Command(t, "", "user", "quota", alice, "1MiB", "1000"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Log(run(t, s.Dir, nil, perl, testdata(t, "imapclient.pl"), fill(s, "{imaps}"), fill(s, "{imap}"), s.CA, alice, carol, password))
}

// testdata answers the path of a script.
func testdata(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}
