package memblob

import (
	"testing"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/blobtest"
)

func TestConformance(t *testing.T) {
	blobtest.Run(t, func(*testing.T) blob.Store { return New(nil) })
}
