// Package s3blob keeps objects in a bucket of a store that speaks the S3 protocol.
package s3blob

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
)

// Options say where the bucket is.
type Options struct {
	Endpoint string // "host" or "host:port"
	Insecure bool   // HTTP without TLS
	CA       string // file with the certificates that sign the endpoint's, in PEM; empty: the system's
	Region   string // empty: the endpoint is asked
	Bucket   string
	// Prefix stands before the name of every object, such as "mail/"; empty: none.
	Prefix string
	// Lookup says how the bucket is named: LookupAuto, LookupPath or LookupHost.
	Lookup Lookup

	// AccessKey and SecretKey, if not empty, are the credentials. Else they come from
	// CredentialsFile, or from the environment (AWS_ACCESS_KEY_ID and its like, the
	// shared credentials file, the machine's role), and are renewed as they expire.
	AccessKey, SecretKey, SessionToken string
	// CredentialsFile is a file in the form of AWS's shared credentials, of which the
	// profile Profile is read, empty: "default".
	CredentialsFile, Profile string

	Encryption Encryption
}

// Lookup is how requests name the bucket.
type Lookup string

// The lookups: by host name at AWS and where it is known to work, else by path; always
// as a path; always as a part of the host name.
const (
	LookupAuto Lookup = "auto"
	LookupPath Lookup = "path"
	LookupHost Lookup = "host"
)

// Encryption is what the store is asked to encrypt objects with.
type Encryption struct {
	Mode   string // "": as the bucket is set up; "s3", "kms" or "customer"
	KeyID  string // with "kms"; empty: the bucket's
	Secret []byte // with "customer": 32 octets, without which no object can be read any more
}

// Store is a blob.Store in a bucket.
type Store struct {
	client *minio.Client
	core   minio.Core
	bucket string
	prefix string
	put    encrypt.ServerSide // of Put; nil: none
	get    encrypt.ServerSide // of reading
	close  func()
}

var _ blob.Store = (*Store)(nil)

// Open answers a store. It asks the endpoint for nothing yet, so that a server can
// start while it is down; see Reach.
func Open(o Options) (*Store, error) {
	if o.Endpoint == "" || o.Bucket == "" {
		return nil, fmt.Errorf("s3blob: endpoint and bucket are needed: %w", restante.ErrInvalid)
	}
	s := &Store{bucket: o.Bucket, prefix: o.Prefix}
	if s.prefix != "" && !strings.HasSuffix(s.prefix, "/") {
		s.prefix += "/"
	}
	transport, err := transport(o)
	if err != nil {
		return nil, err
	}
	lookup := minio.BucketLookupAuto
	switch o.Lookup {
	case LookupPath:
		lookup = minio.BucketLookupPath
	case LookupHost:
		lookup = minio.BucketLookupDNS
	}
	s.client, err = minio.New(o.Endpoint, &minio.Options{
		Creds: o.credentials(transport), Secure: !o.Insecure, Transport: transport, Region: o.Region, BucketLookup: lookup,
		MaxRetries: 1, // blob.Guard tries again
	})
	if err != nil {
		return nil, fmt.Errorf("s3blob: %w: %w", restante.ErrInvalid, err)
	}
	s.core, s.close = minio.Core{Client: s.client}, transport.CloseIdleConnections
	return s, s.encrypt(o)
}

// transport is what requests go over. Time limits are those of their contexts.
func transport(o Options) (*http.Transport, error) {
	t := &http.Transport{
		Proxy:       http.ProxyFromEnvironment,
		DialContext: (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		// As many as requests are made at a time, so that none dials anew each time.
		MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute,
		TLSHandshakeTimeout: 10 * time.Second, ExpectContinueTimeout: time.Second,
		DisableCompression: true,
		TLSClientConfig:    &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if o.CA == "" {
		return t, nil
	}
	pem, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, fmt.Errorf("s3blob: %w", err)
	}
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("s3blob: %s holds no certificate: %w", o.CA, restante.ErrInvalid)
	}
	return t, nil
}

func (o Options) credentials(transport http.RoundTripper) *credentials.Credentials {
	switch {
	case o.AccessKey != "":
		return credentials.NewStaticV4(o.AccessKey, o.SecretKey, o.SessionToken)
	case o.CredentialsFile != "":
		return credentials.NewFileAWSCredentials(o.CredentialsFile, o.Profile)
	}
	return credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{}, &credentials.FileAWSCredentials{Profile: o.Profile},
		&credentials.IAM{Client: &http.Client{Transport: transport, Timeout: 10 * time.Second}},
	})
}

// encrypt makes the headers that ask for encryption.
func (s *Store) encrypt(o Options) (err error) {
	switch o.Encryption.Mode {
	case "":
		return nil
	case "s3":
		s.put = encrypt.NewSSE()
		return nil
	case "kms":
		s.put, err = encrypt.NewSSEKMS(o.Encryption.KeyID, nil)
	case "customer":
		if o.Insecure {
			return fmt.Errorf("s3blob: a customer's key is not sent without TLS: %w", restante.ErrInvalid)
		}
		s.put, err = encrypt.NewSSEC(o.Encryption.Secret)
		s.get = s.put // it is needed to read, too
	default:
		err = fmt.Errorf("no encryption %q", o.Encryption.Mode)
	}
	if err != nil {
		return fmt.Errorf("s3blob: %w: %w", restante.ErrInvalid, err)
	}
	return nil
}

// Reach reports whether the bucket can be reached with the credentials: what is wrong is
// restante.ErrUnavailable, and ErrNotFound for a bucket that is not there.
func (s *Store) Reach(ctx context.Context) error {
	ok, err := s.client.BucketExists(ctx, s.bucket)
	if err == nil && !ok {
		return fmt.Errorf("s3blob: bucket %q: %w", s.bucket, restante.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("s3blob: bucket %q: %w: %w", s.bucket, restante.ErrUnavailable, err)
	}
	return nil
}

// MakeBucket makes the bucket; one that is there already and one's own is no error.
func (s *Store) MakeBucket(ctx context.Context) error {
	err := s.client.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{})
	if code := minio.ToErrorResponse(err).Code; err != nil && code != minio.BucketAlreadyOwnedByYou {
		return fmt.Errorf("s3blob: make bucket %q: %w: %w", s.bucket, restante.ErrUnavailable, err)
	}
	return nil
}

func (s *Store) key(n blob.Name) string { return s.prefix + n.String() }

// Put implements blob.Store. An object is one request, whatever its size, so that
// nothing of one that failed is left in the bucket; 5 GiB is the most that S3 takes so,
// above the most that a message has.
func (s *Store) Put(ctx context.Context, name blob.Name, body io.ReaderAt, size int64) error {
	r := io.NewSectionReader(body, 0, size)
	_, err := s.client.PutObject(ctx, s.bucket, s.key(name), r, size, minio.PutObjectOptions{
		ContentType: "message/rfc822", ServerSideEncryption: s.put, DisableMultipart: true,
		SendContentMd5: true, // the one checksum that every such store knows
	})
	if err != nil {
		return failed(ctx, "put", name, err)
	}
	return nil
}

// ReadAt implements blob.Store.
func (s *Store) ReadAt(ctx context.Context, name blob.Name, p []byte, off int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	o := minio.GetObjectOptions{ServerSideEncryption: s.get}
	if err := o.SetRange(off, off+int64(len(p))-1); err != nil {
		return 0, fmt.Errorf("s3blob: %w: %w", restante.ErrInvalid, err)
	}
	body, _, _, err := s.core.GetObject(ctx, s.bucket, s.key(name), o)
	if err != nil {
		if minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
			return 0, io.EOF
		}
		return 0, failed(ctx, "read", name, err)
	}
	defer body.Close() // it was only read
	n, err := io.ReadFull(body, p)
	switch {
	case err == io.ErrUnexpectedEOF || err == io.EOF:
		return n, io.EOF
	case err != nil:
		return n, failed(ctx, "read", name, err)
	}
	return n, nil
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, names []blob.Name) error {
	if len(names) == 0 {
		return nil
	}
	if len(names) == 1 {
		err := s.client.RemoveObject(ctx, s.bucket, s.key(names[0]), minio.RemoveObjectOptions{})
		if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchKey {
			return failed(ctx, "delete", names[0], err)
		}
		return nil
	}
	objects := make(chan minio.ObjectInfo)
	go func() {
		defer close(objects)
		for _, n := range names {
			select {
			case objects <- minio.ObjectInfo{Key: s.key(n)}:
			case <-ctx.Done():
				return
			}
		}
	}()
	var failure error
	for r := range s.client.RemoveObjects(ctx, s.bucket, objects, minio.RemoveObjectsOptions{}) {
		if r.Err != nil && minio.ToErrorResponse(r.Err).Code != minio.NoSuchKey && failure == nil {
			name, _ := blob.ParseName(strings.TrimPrefix(r.ObjectName, s.prefix))
			failure = failed(ctx, "delete", name, r.Err)
		}
	}
	if failure == nil {
		failure = ctx.Err()
	}
	return failure
}

// List implements blob.Store.
func (s *Store) List(ctx context.Context, from blob.Name, f func(blob.Object) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // as the client wants it of a listing that is not read to its end
	after := ""
	if from != (blob.Name{}) {
		after = before(s.key(from))
	}
	for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true, StartAfter: after}) {
		if o.Err != nil {
			return failed(ctx, "list", from, o.Err)
		}
		name, ok := blob.ParseName(strings.TrimPrefix(o.Key, s.prefix))
		if !ok || name.Compare(from) < 0 {
			continue
		}
		err := f(blob.Object{Name: name, Size: o.Size, Modified: o.LastModified})
		if errors.Is(err, blob.ErrStop) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// before answers a key that stands before one and after all others of this store that
// do: without its last digit it is the beginning of the key.
func before(key string) string { return key[:len(key)-1] }

// Close implements blob.Store.
func (s *Store) Close() error {
	s.close()
	return nil
}

// failed gives an error of the library its kind.
func failed(ctx context.Context, what string, name blob.Name, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r := minio.ToErrorResponse(err)
	if r.Code == minio.NoSuchKey {
		return fmt.Errorf("s3blob: %v: %w", name, restante.ErrNotFound)
	}
	return fmt.Errorf("s3blob: %s %v: %w: %w", what, name, restante.ErrUnavailable, err)
}
