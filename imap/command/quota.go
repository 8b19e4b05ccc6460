package command

import (
	"log/slog"

	"github.com/restante/restante/imap/wire"
)

// GetQuota is the GETQUOTA command (RFC 9208 §4.1.1):
//
//	getquota        = "GETQUOTA" SP quota-root-name
//	quota-root-name = astring
type GetQuota struct {
	Root string
}

// Name is GETQUOTA.
func (GetQuota) Name() string { return "GETQUOTA" }

// LogValue gives the quota root.
func (c GetQuota) LogValue() slog.Value { return slog.GroupValue(slog.String("root", c.Root)) }

// SetQuota is the SETQUOTA command (RFC 9208 §4.1.3):
//
//	setquota          = "SETQUOTA" SP quota-root-name SP setquota-list
//	setquota-list     = "(" [setquota-resource *(SP setquota-resource)] ")"
//	setquota-resource = resource-name SP resource-limit
type SetQuota struct {
	Root   string
	Limits []ResourceLimit
}

// ResourceLimit is a limit on a resource, in the resource's units.
type ResourceLimit struct {
	Resource string // in upper case
	Limit    uint64
}

// Name is SETQUOTA.
func (SetQuota) Name() string { return "SETQUOTA" }

// LogValue gives the quota root and the limits.
func (c SetQuota) LogValue() slog.Value {
	return slog.GroupValue(slog.String("root", c.Root), slog.Any("limits", c.Limits))
}

// ParseGetQuota reads the argument of GETQUOTA.
func ParseGetQuota(d *wire.Decoder) (GetQuota, error) {
	root, _ := quotaRoot(d)
	return GetQuota{Root: root}, end(d)
}

// ParseSetQuota reads the arguments of SETQUOTA.
func ParseSetQuota(d *wire.Decoder) (SetQuota, error) {
	var c SetQuota
	var ok bool
	if c.Root, ok = quotaRoot(d); !ok || !d.ExpectSP() {
		return c, d.Err()
	}
	d.List(func() bool {
		b, ok := d.Keyword()
		if !ok {
			return false
		}
		l := ResourceLimit{Resource: string(b)}
		if !d.ExpectSP() {
			return false
		}
		if len(c.Limits) == maxResources {
			d.Fail(wire.OverLimit, "too many resources")
			return false
		}
		l.Limit, ok = d.Number64()
		c.Limits = append(c.Limits, l)
		return ok
	})
	return c, end(d)
}

// maxResources bounds what one SETQUOTA names; there are four resources.
const maxResources = 100

// quotaRoot reads SP quota-root-name.
func quotaRoot(d *wire.Decoder) (string, bool) {
	if !d.ExpectSP() {
		return "", false
	}
	b, ok := d.AString()
	return string(b), ok
}
