package clustertest

import (
	"testing"

	"github.com/restante/restante/internal/s3test"
)

// s3NodeConfig has nodes not wait for object storage for long, so that tests see what
// they answer without it.
const s3NodeConfig = `
blobs.above = "32KiB"
blobs.wait = "2s"
`

// startS3 starts an S3 server with a bucket, and gives the lines that nodes need.
func startS3(t testing.TB) (s *s3test.Server, config string) {
	t.Helper()
	s = s3test.Start(t)
	return s, s3NodeConfig + s3test.Config(t, s.Bucket(t))
}
