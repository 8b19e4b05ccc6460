package s3blob_test

import (
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/blob/s3blob"
)

func pemOf(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

func TestBadOptions(t *testing.T) {
	good := s3blob.Options{Endpoint: "s3.example.org", Bucket: "mail"}
	for name, change := range map[string]func(*s3blob.Options){
		"no endpoint":        func(o *s3blob.Options) { o.Endpoint = "" },
		"no bucket":          func(o *s3blob.Options) { o.Bucket = "" },
		"bad endpoint":       func(o *s3blob.Options) { o.Endpoint = "http://s3.example.org/x" },
		"short key":          func(o *s3blob.Options) { o.Encryption = s3blob.Encryption{Mode: "customer", Secret: []byte("short")} },
		"unknown encryption": func(o *s3blob.Options) { o.Encryption.Mode = "rot13" },
		"customer's key in HTTP": func(o *s3blob.Options) {
			o.Insecure = true
			o.Encryption = s3blob.Encryption{Mode: "customer", Secret: make([]byte, 32)}
		},
	} {
		o := good
		change(&o)
		if _, err := s3blob.Open(o); !errors.Is(err, restante.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s3blob.Open(good); err != nil {
		t.Error(err)
	}
}
