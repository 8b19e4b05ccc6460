package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/config"
)

// checkBlobs refuses configurations that do not say where large messages are after
// a migration.
func (m migration) checkBlobs(from, to config.Config) error {
	a, b := blobsPlace(from), blobsPlace(to)
	switch {
	case !m.blobs && a != b:
		return usageError{fmt.Errorf("large messages are in %s, and the target's [blobs] names %s: name the same, or copy them with --blobs", a, b)}
	case m.blobs && (from.Blobs.Engine == config.BlobsNone || to.Blobs.Engine == config.BlobsNone):
		return usageError{errors.New("--blobs: [blobs] of both configurations has to say where large messages are")}
	case m.blobs && a == b:
		return usageError{errors.New("--blobs: [blobs] is the same place in both configurations")}
	}
	return nil
}

// blobsPlace says in words where [blobs] keeps messages.
func blobsPlace(c config.Config) string {
	b := c.Blobs
	switch b.Engine {
	case config.BlobsDirectory:
		return "the directory " + c.BlobsDir()
	case config.BlobsS3:
		return fmt.Sprintf("the bucket %s at %s, prefix %q", b.S3.Bucket, b.S3.Endpoint, b.S3.Prefix)
	}
	return "no place of their own"
}

// copyBlobs copies all objects of one [blobs] into another's.
func copyBlobs(ctx context.Context, c *cobra.Command, from, to config.Config, logger *slog.Logger) error {
	source, err := openBlobs(ctx, from, logger)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	target, err := openBlobs(ctx, to, logger)
	if err != nil {
		return errors.Join(fmt.Errorf("--to: %w", err), source.end())
	}
	var count blob.Copied
	ticker := time.NewTicker(tickLines)
	defer ticker.Stop()
	done := make(chan error, 1)
	go func() { done <- blob.CopyAll(ctx, source, target, &count) }()
	tell := func() {
		fmt.Fprintf(c.ErrOrStderr(), "large messages: %d looked at, %d copied, %s\n", count.Seen.Load(), count.Written.Load(), size(count.Bytes.Load()))
	}
	for {
		select {
		case <-ticker.C:
			tell()
		case err := <-done:
			tell()
			return errors.Join(err, source.end(), target.end())
		}
	}
}
