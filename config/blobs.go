package config

import (
	"encoding/base64"
	"fmt"
	"path/filepath"
	"time"
)

// The stores of objects that Blobs.Engine names.
const (
	BlobsNone      = "none"
	BlobsDirectory = "directory"
	BlobsS3        = "s3"
)

// Blobs is where large messages are kept, if not in the store.
type Blobs struct {
	Engine      string   `toml:"engine" comment:"Where messages above a size are kept: \"none\", in the store like all others, \"directory\" or \"s3\".\nOnce there are such messages it cannot be none again."`
	Above       Size     `toml:"above" comment:"That size, 1MiB at most. Messages stay where they are when it changes."`
	Directory   string   `toml:"directory" comment:"The directory, which several nodes may share; empty: \"blobs\" in the data directory."`
	DeleteAfter Duration `toml:"delete_after" comment:"How long a body is kept after the last message that needed it is gone. A copy of the store that\nis not older than this is whole with the bodies as they are now."`
	Sweep       Duration `toml:"sweep" comment:"How often bodies are looked for that no message needs, as crashes leave them; 0s: never."`
	Spool       string   `toml:"spool" comment:"Directory of large messages on their way there; empty: \"spool\" in the data directory."`

	Requests int      `toml:"requests" comment:"Requests of this node at a time."`
	Timeout  Duration `toml:"timeout" comment:"Time for one request, or for each 4 MiB of a body that is written."`
	Wait     Duration `toml:"wait" comment:"How long a request is tried again before a command is answered with NO [UNAVAILABLE]."`

	Cache          Size   `toml:"cache" comment:"Disk space of this node for bodies that were read; 0: none."`
	CacheDirectory string `toml:"cache_directory" comment:"Its directory, for this node alone; empty: \"blobcache\" in the data directory."`

	S3 S3 `toml:"s3" comment:"The bucket, with the engine s3."`
}

// S3 is a bucket of a store that speaks the S3 protocol.
type S3 struct {
	Endpoint      string `toml:"endpoint" comment:"host or host:port, such as \"s3.eu-central-1.amazonaws.com\"."`
	TLS           bool   `toml:"tls" comment:"Use TLS."`
	CA            string `toml:"ca" comment:"File with the certificates by which the server is known, in PEM; empty: the system's."`
	Region        string `toml:"region" comment:"Empty: the server is asked."`
	Bucket        string `toml:"bucket" comment:"The bucket, which must be there."`
	Prefix        string `toml:"prefix" comment:"What the names of all bodies begin with, such as \"mail/\". No two installations may have the same\nbucket and prefix."`
	BucketIn      string `toml:"bucket_in" comment:"How requests name the bucket: in the \"path\", in the \"host\", or \"auto\"."`
	AccessKey     string `toml:"access_key" comment:"Who asks. Empty: credentials_file, else AWS_ACCESS_KEY_ID and its like, else the machine's role."`
	SecretKeyFile string `toml:"secret_key_file" comment:"File whose first line is the secret key, with access_key."`
	Credentials   string `toml:"credentials_file" comment:"File in the form of AWS's shared credentials; empty: none."`
	Profile       string `toml:"profile" comment:"The profile in it; empty: default."`
	Encryption    string `toml:"encryption" comment:"What the server is asked to encrypt with: \"none\", as the bucket is set up; its own keys, \"s3\"; a key\nof its key service, \"kms\"; or a key that only this server has, \"customer\"."`
	KMSKey        string `toml:"kms_key" comment:"The key, with kms; empty: the bucket's."`
	KeyFile       string `toml:"key_file" comment:"File whose first line is the key, with customer: 32 octets in base64. Without it all bodies are lost."`
}

func defaultBlobs() Blobs {
	return Blobs{
		Engine: BlobsNone, Above: 128 * kib, DeleteAfter: Duration{time.Hour}, Sweep: Duration{24 * time.Hour},
		Requests: 64, Timeout: Duration{15 * time.Second}, Wait: Duration{20 * time.Second},
		S3: S3{TLS: true, BucketIn: "auto", Encryption: "none"},
	}
}

// BlobsDir is the directory of bodies.
func (c Config) BlobsDir() string { return c.within(c.Blobs.Directory, "blobs") }

// BlobCacheDir is the directory of the cache of bodies.
func (c Config) BlobCacheDir() string { return c.within(c.Blobs.CacheDirectory, "blobcache") }

// BlobSpoolDir is the directory of large bodies on their way.
func (c Config) BlobSpoolDir() string { return c.within(c.Blobs.Spool, "spool") }

// within answers a directory, or one in the data directory if none is given.
func (c Config) within(given, name string) string {
	if given != "" {
		return given
	}
	return filepath.Join(c.Data, name)
}

// SecretKey reads the file of the secret key.
func (s S3) SecretKey() (string, error) {
	key, _, err := firstLine("blobs.s3.secret_key_file", s.SecretKeyFile)
	return key, err
}

// Key reads the file of the customer's key: 32 octets.
func (s S3) Key() ([]byte, error) {
	const name = "blobs.s3.key_file"
	line, _, err := firstLine(name, s.KeyFile)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(line)
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s: the file does not hold 32 octets in base64", name)
	}
	return key, nil
}

// blobs checks what is needed to reach the bodies.
func (p *problems) blobs(b Blobs) {
	p.oneOf("blobs.engine", b.Engine, BlobsNone, BlobsDirectory, BlobsS3)
	p.size("blobs.above", b.Above, 1, mib)
	p.atLeast("blobs.delete_after", b.DeleteAfter, 5*time.Minute)
	if b.Sweep.Duration != 0 {
		p.atLeast("blobs.sweep", b.Sweep, time.Minute)
	}
	p.between("blobs.requests", int64(b.Requests), 1, 10_000)
	p.atLeast("blobs.timeout", b.Timeout, 100*time.Millisecond)
	p.atLeast("blobs.wait", b.Wait, 100*time.Millisecond)
	if b.Cache != 0 {
		p.size("blobs.cache", b.Cache, 16*mib, 1<<50)
	}
	s := b.S3
	p.oneOf("blobs.s3.bucket_in", s.BucketIn, "auto", "path", "host")
	p.oneOf("blobs.s3.encryption", s.Encryption, "none", "s3", "kms", "customer")
	if b.Engine != BlobsS3 {
		return
	}
	if s.Endpoint == "" {
		p.addf("blobs.s3.endpoint", "the engine is s3 and no server is named")
	}
	if s.Bucket == "" {
		p.addf("blobs.s3.bucket", "the engine is s3 and no bucket is named")
	}
	if (s.AccessKey == "") != (s.SecretKeyFile == "") {
		p.addf("blobs.s3.access_key", "access_key and secret_key_file go together")
	}
	if s.Encryption == "customer" && (s.KeyFile == "" || !s.TLS) {
		p.addf("blobs.s3.key_file", "a customer's key needs its file, and TLS")
	}
}
