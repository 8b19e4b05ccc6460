package auth

import (
	"crypto/hmac"
	"crypto/sha256"
)

// Key gives 32 octets that only the nodes of this store know, the same on each of them
// and after every start, for a purpose of which the name is different from others'.
func (a *Authenticator) Key(purpose string) []byte {
	mac := hmac.New(sha256.New, a.secret)
	mac.Write([]byte("key for " + purpose))
	return mac.Sum(nil)
}
