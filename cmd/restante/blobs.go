package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/cachedblob"
	"github.com/restante/restante/blob/dirblob"
	"github.com/restante/restante/blob/s3blob"
	"github.com/restante/restante/cluster"
	"github.com/restante/restante/config"
	"github.com/restante/restante/mailstore"
)

// blobs is the store of large messages with what stands around it.
type blobs struct {
	blob.Store // what the mailstore is given
	guarded    *blob.Guarded
	cached     *cachedblob.Store // nil: no cache
}

// openBlobs opens the store of large messages that c names; nil: none. A bucket that
// cannot be reached is no error, for what needs none of its objects works; it is told
// in the log.
func openBlobs(ctx context.Context, c config.Config, logger *slog.Logger) (*blobs, error) {
	var store blob.Store
	var err error
	switch c.Blobs.Engine {
	case config.BlobsDirectory:
		store, err = dirblob.Open(c.BlobsDir())
	case config.BlobsS3:
		store, err = openS3(ctx, c.Blobs.S3, logger)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := &blobs{guarded: blob.Guard(store, blob.GuardOptions{
		Concurrent: c.Blobs.Requests, Timeout: c.Blobs.Timeout.Duration, Patience: c.Blobs.Wait.Duration,
	})}
	b.Store = b.guarded
	if c.Blobs.Cache > 0 {
		b.cached, err = cachedblob.Open(b.guarded, cachedblob.Options{Dir: c.BlobCacheDir(), Bytes: int64(c.Blobs.Cache), Logger: logger})
		if err != nil {
			return nil, errors.Join(err, b.guarded.Close())
		}
		b.Store = b.cached
	}
	if err := os.MkdirAll(c.BlobSpoolDir(), 0o700); err != nil {
		return nil, errors.Join(fmt.Errorf("blobs.spool: %w", err), b.Close())
	}
	return b, nil
}

// reachTime bounds how long a start waits to learn whether the bucket is there.
const reachTime = 5 * time.Second

func openS3(ctx context.Context, c config.S3, logger *slog.Logger) (blob.Store, error) {
	o := s3blob.Options{
		Endpoint: c.Endpoint, Insecure: !c.TLS, CA: c.CA, Region: c.Region, Bucket: c.Bucket, Prefix: c.Prefix,
		Lookup: s3blob.Lookup(c.BucketIn), AccessKey: c.AccessKey, CredentialsFile: c.Credentials, Profile: c.Profile,
	}
	var err error
	if c.AccessKey != "" {
		if o.SecretKey, err = c.SecretKey(); err != nil {
			return nil, err
		}
	}
	if c.Encryption != "none" {
		o.Encryption = s3blob.Encryption{Mode: c.Encryption, KeyID: c.KMSKey}
	}
	if c.Encryption == "customer" {
		if o.Encryption.Secret, err = c.Key(); err != nil {
			return nil, err
		}
	}
	s, err := s3blob.Open(o)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	if err := s.Reach(ctx); err != nil {
		logger.Error("the bucket of large messages cannot be reached", "endpoint", c.Endpoint, "bucket", c.Bucket, "error", err)
	}
	return s, nil
}

// end closes the store. It may be called on nil.
func (b *blobs) end() error {
	if b == nil {
		return nil
	}
	return b.Close()
}

// blobTasks are what is done in the background for large messages.
func (s *service) blobTasks() []cluster.Task {
	every := s.config.Blobs.Sweep.Duration
	if s.node.blobs == nil || every == 0 {
		return nil
	}
	return []cluster.Task{{Name: "sweep", Every: every, Run: func(ctx context.Context) error {
		r, err := s.node.store.SweepObjects(ctx, mailstore.SweepOptions{})
		log := s.logger.Info
		if r.Strange > 0 {
			log = s.logger.Warn
		}
		log("swept the store of large messages", "objects", r.Objects, "deleted", r.Deleted, "bytes", r.Bytes, "strange", r.Strange, "error", err)
		return err
	}}}
}
