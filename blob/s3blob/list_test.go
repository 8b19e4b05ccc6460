package s3blob_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/s3blob"
)

// TestListStops sees nothing left of listings that were not read to their end.
func TestListStops(t *testing.T) {
	var objects strings.Builder
	for i := range restante.EmailID(5) {
		fmt.Fprintf(&objects, "<Contents><Key>%v</Key><Size>1</Size><LastModified>2026-01-02T15:04:05Z</LastModified></Contents>", blob.Name{Account: 1, Email: i + 1, Token: 1})
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>mail</Name><KeyCount>5</KeyCount>`+objects.String()+`</ListBucketResult>`)
	}))
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pemOf(server), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, s3blob.Options{
		Endpoint: strings.TrimPrefix(server.URL, "https://"), CA: ca, Region: "eu-west-7", Bucket: "mail",
		Lookup: s3blob.LookupPath, AccessKey: "given", SecretKey: "s",
	})
	defer s.Close()
	for range 10 {
		n := 0
		err := s.List(t.Context(), blob.Name{}, func(blob.Object) error { n++; return blob.ErrStop })
		if err != nil || n != 1 {
			t.Fatalf("%d objects, %v", n, err)
		}
	}
	left := func() bool {
		var all bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&all, 2); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(all.String(), "minio.(*Client).ListObjects") || strings.Contains(all.String(), "minio-go/v7.(*Client).ListObjects")
	}
	for start := time.Now(); left(); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatal("a listing goes on for ever")
		}
	}
}
