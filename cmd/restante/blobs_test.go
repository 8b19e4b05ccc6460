package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/s3blob"
	"github.com/restante/restante/internal/s3test"
)

// largeMail is an mbox file with a small and a large message.
func largeMail(t *testing.T, s site) (path, body string) {
	t.Helper()
	body = strings.Repeat("The quick brown fox jumps over the lazy dog.\n", 20_000)
	path = filepath.Join(s.dir, "mail.mbox")
	text := "From a@b Thu Jan  1 00:00:00 2026\nSubject: small\n\nhello\n\nFrom a@b Thu Jan  1 00:00:00 2026\nSubject: large\n\n" + body
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, body
}

// exported is what the user's mail is when it is taken out again.
func exported(t *testing.T, s site, name string) string {
	t.Helper()
	dir := filepath.Join(s.dir, name)
	good(t, "", "export", "--user=bob", dir, "--config="+s.config)
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(all.String(), "\r\n", "\n")
}

func TestBlobsInDirectory(t *testing.T) {
	s := newSite(t, "[blobs]\nengine = \"directory\"\nabove = \"10KiB\"\ncache = \"16MiB\"\n")
	f := "--config=" + s.config
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", f)
	mail, body := largeMail(t, s)
	good(t, "", "import", "--user=bob", mail, f)
	var files []string
	err := filepath.WalkDir(filepath.Join(s.dir, "data", "blobs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	if got := exported(t, s, "out"); !strings.Contains(got, body) {
		t.Errorf("%d octets come out", len(got))
	}
	good(t, "", "check", f)
	if err := os.Rename(files[0], files[0]+"x"); err != nil {
		t.Fatal(err)
	}
	stdout, _, status := runCommand(t, "", "check", f)
	if status == 0 || !strings.Contains(stdout, "is gone") {
		t.Errorf("check of a body that is gone: %d, %s", status, stdout)
	}
	if err := os.Rename(files[0]+"x", files[0]); err != nil {
		t.Fatal(err)
	}
	good(t, "", "check", f)
	s.write(t, "") // the configuration no longer tells where the bodies are
	_, stderr, status := runCommand(t, "", "check", "--repair", "--drop-lost", f)
	if status == 0 || !strings.Contains(stderr, "no store of objects is configured") {
		t.Errorf("repair without the bodies: %d, %s", status, stderr)
	}
	s.write(t, "[blobs]\nengine = \"directory\"\n")
	if got := exported(t, s, "again"); !strings.Contains(got, body) {
		t.Errorf("%d octets come out", len(got))
	}
}

// TestBlobsInS3 has the program keep large messages in a real S3 server, which is down
// for a while.
func TestBlobsInS3(t *testing.T) {
	server := s3test.Start(t)
	o := server.Bucket(t)
	s := newSite(t, "")
	key := filepath.Join(s.dir, "s3.key")
	if err := os.WriteFile(key, []byte(s3test.SecretKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	configure := func(more string) {
		s.write(t, fmt.Sprintf("[blobs]\nengine = \"s3\"\nabove = \"10KiB\"\n%s[blobs.s3]\nendpoint = %q\ntls = false\nregion = %q\nbucket = %q\nprefix = \"mail\"\n"+
			"bucket_in = \"path\"\naccess_key = %q\nsecret_key_file = %q\n", more, o.Endpoint, o.Region, o.Bucket, s3test.AccessKey, key))
	}
	configure("")
	f := "--config=" + s.config
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", f)
	mail, body := largeMail(t, s)
	server.Stop()
	configure("wait = \"1s\"\n")
	if _, stderr, status := runCommand(t, "", "import", "--user=bob", mail, f); status == 0 || !strings.Contains(stderr, "unavailable") {
		t.Errorf("import while the server is down: %d, %s", status, stderr)
	}
	server.Restart(t)
	configure("")
	good(t, "", "import", "--user=bob", mail, f)
	if got := exported(t, s, "out"); !strings.Contains(got, body) {
		t.Errorf("%d octets come out", len(got))
	}
	good(t, "", "check", f)
	o.Prefix = "mail"
	store, err := s3blob.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	n := 0
	err = store.List(context.Background(), blob.Name{}, func(o blob.Object) error {
		n++
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("%d objects in the bucket, %v", n, err)
	}
}
