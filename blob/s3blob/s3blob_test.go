package s3blob_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/blobtest"
	"github.com/restante/restante/blob/s3blob"
	"github.com/restante/restante/internal/s3test"
)

func open(t *testing.T, o s3blob.Options) *s3blob.Store {
	t.Helper()
	s, err := s3blob.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	server := s3test.Start(t)
	for _, prefix := range []string{"", "mail/of/here"} {
		t.Run(prefix, func(t *testing.T) {
			blobtest.Run(t, func(t *testing.T) blob.Store {
				o := server.Bucket(t)
				o.Prefix = prefix
				return open(t, o)
			})
		})
	}
}

// TestManyObjects has more objects than S3 lists or deletes in one request.
func TestManyObjects(t *testing.T) {
	s := open(t, s3test.Start(t).Bucket(t))
	defer s.Close()
	const many = 1200
	var names []blob.Name
	for i := range many {
		n := blob.Name{Account: 1, Email: restante.EmailID(i), Token: 1}
		names = append(names, n)
		if err := s.Put(t.Context(), n, bytes.NewReader([]byte("x")), 1); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	err := s.List(t.Context(), blob.Name{}, func(o blob.Object) error {
		if o.Name != names[n] {
			t.Fatalf("object %d is %v", n, o.Name)
		}
		n++
		return nil
	})
	if err != nil || n != many {
		t.Fatalf("List: %d objects, %v", n, err)
	}
	if err := s.Delete(t.Context(), names); err != nil {
		t.Fatal(err)
	}
	if err := s.List(t.Context(), blob.Name{}, func(o blob.Object) error { return errors.New("there still is " + o.Name.String()) }); err != nil {
		t.Error(err)
	}
}

// TestServerGone has the server stop and come again while it is asked.
func TestServerGone(t *testing.T) {
	server := s3test.Start(t)
	s := open(t, server.Bucket(t))
	g := blob.Guard(s, blob.GuardOptions{Attempts: 2, FirstWait: time.Millisecond, Timeout: time.Minute})
	defer g.Close()
	hasty := blob.Guard(s, blob.GuardOptions{Attempts: 2, FirstWait: time.Millisecond, Timeout: time.Second})
	name, body := blob.Name{Account: 1, Email: 1, Token: 1}, blobtest.Body(1, 3_000_000)
	if err := g.Put(t.Context(), name, bytes.NewReader(body), int64(len(body))); err != nil {
		t.Fatal(err)
	}
	read := func(g blob.Store) error {
		got := make([]byte, len(body))
		n, err := g.ReadAt(t.Context(), name, got, 0)
		if (err == nil || err == io.EOF) && (n != len(body) || !bytes.Equal(got, body)) {
			t.Errorf("other octets, or %d of them", n)
		}
		if err == io.EOF {
			err = nil
		}
		return err
	}
	server.Stop()
	if err := read(g); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("ReadAt while it is gone: %v", err)
	}
	if err := g.Put(t.Context(), name, bytes.NewReader(body), int64(len(body))); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("Put while it is gone: %v", err)
	}
	server.Restart(t)
	if err := read(g); err != nil {
		t.Errorf("ReadAt once it is there again: %v", err)
	}
	server.Pause(t)
	if err := read(hasty); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("ReadAt while it does not answer: %v", err)
	}
	server.Resume(t)
	if err := read(g); err != nil {
		t.Errorf("ReadAt once it answers again: %v", err)
	}
}

func TestWrongCredentials(t *testing.T) {
	o := s3test.Start(t).Bucket(t)
	good := open(t, o)
	if err := good.Reach(t.Context()); err != nil {
		t.Error(err)
	}
	o.Bucket = "nothing-here"
	if err := open(t, o).Reach(t.Context()); !errors.Is(err, restante.ErrNotFound) {
		t.Errorf("a bucket that is not there: %v", err)
	}
	o.SecretKey = "wrong"
	if err := open(t, o).Reach(t.Context()); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("a wrong key: %v", err)
	}
}

// request is what a server was asked.
type request struct {
	method, path string
	header       http.Header
}

// recorder is a server that says yes to everything, and what it was asked since
// requests was last called.
func recorder(t *testing.T) (server *httptest.Server, requests func() []request) {
	var mu sync.Mutex
	var got []request
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		got = append(got, request{r.Method, r.URL.EscapedPath(), r.Header})
		mu.Unlock()
		w.Header().Set("ETag", `"0"`)
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusPartialContent)
			_, _ = io.WriteString(w, "x")
		}
	}))
	t.Cleanup(server.Close)
	return server, func() (all []request) {
		mu.Lock()
		defer mu.Unlock()
		all, got = got, nil
		return all
	}
}

// TestRequests looks at the requests themselves, at a server that takes all of them:
// how the bucket is named, and what is said of encryption and credentials.
func TestRequests(t *testing.T) {
	server, requests := recorder(t)
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	shared := filepath.Join(dir, "credentials")
	if err := errors.Join(
		os.WriteFile(ca, pemOf(server), 0o600),
		os.WriteFile(shared, []byte("[default]\naws_access_key_id = fromfile\naws_secret_access_key = s\n[other]\naws_access_key_id = other\naws_secret_access_key = s\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	base := s3blob.Options{
		Endpoint: strings.TrimPrefix(server.URL, "https://"), CA: ca, Region: "eu-west-7", Bucket: "mail", Prefix: "pre",
		Lookup: s3blob.LookupPath, AccessKey: "given", SecretKey: "s",
	}
	name := blob.Name{Account: 1, Email: 2, Token: 3}
	path := "/mail/pre/0000000000000001/0000000000000002-0000000000000003"
	const encryption = "X-Amz-Server-Side-Encryption"
	for _, c := range []struct {
		name   string
		change func(*s3blob.Options)
		put    map[string]string
		get    map[string]string
		who    string
	}{
		{"plain", func(*s3blob.Options) {}, map[string]string{encryption: ""}, nil, "given/"},
		{"file", func(o *s3blob.Options) { o.AccessKey, o.CredentialsFile = "", shared }, nil, nil, "fromfile/"},
		{"profile", func(o *s3blob.Options) { o.AccessKey, o.CredentialsFile, o.Profile = "", shared, "other" }, nil, nil, "other/"},
		{"environment", func(o *s3blob.Options) { o.AccessKey = "" }, nil, nil, "fromenv/"},
		{"SSE-S3", func(o *s3blob.Options) { o.Encryption.Mode = "s3" }, map[string]string{encryption: "AES256"}, map[string]string{encryption: ""}, "given/"},
		{"SSE-KMS", func(o *s3blob.Options) { o.Encryption = s3blob.Encryption{Mode: "kms", KeyID: "key-1"} },
			map[string]string{encryption: "aws:kms", encryption + "-Aws-Kms-Key-Id": "key-1"}, map[string]string{encryption: ""}, "given/"},
		{"SSE-C", func(o *s3blob.Options) {
			o.Encryption = s3blob.Encryption{Mode: "customer", Secret: bytes.Repeat([]byte("k"), 32)}
		}, map[string]string{encryption + "-Customer-Algorithm": "AES256", encryption + "-Customer-Key": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="},
			map[string]string{encryption + "-Customer-Algorithm": "AES256"}, "given/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", "fromenv")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
			o := base
			c.change(&o)
			s := open(t, o)
			defer s.Close()
			if err := s.Put(t.Context(), name, bytes.NewReader([]byte("x")), 1); err != nil {
				t.Fatal(err)
			}
			if _, err := s.ReadAt(t.Context(), name, make([]byte, 1), 7); err != nil {
				t.Fatal(err)
			}
			got := requests()
			if len(got) != 2 || got[0].method != http.MethodPut || got[1].method != http.MethodGet || got[1].header.Get("Range") != "bytes=7-7" {
				t.Fatalf("requests %+v", got)
			}
			for i, want := range []map[string]string{c.put, c.get} {
				if got[i].path != path || !strings.Contains(got[i].header.Get("Authorization"), "Credential="+c.who) ||
					!strings.Contains(got[i].header.Get("Authorization"), "/eu-west-7/s3/") {
					t.Errorf("%s %s with %s", got[i].method, got[i].path, got[i].header.Get("Authorization"))
				}
				for key, value := range want {
					if v := got[i].header.Get(key); v != value {
						t.Errorf("%s: %s is %q, want %q", got[i].method, key, v, value)
					}
				}
			}
		})
	}
}
