package auth

import (
	"errors"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
)

// importable are hashes of "secret" as Dovecot's doveadm pw, OpenLDAP and
// crypt(3) have written them.
func importable() []string {
	return []string{
		"{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$YNOZ3xcjARASdvRY7rNbbQ$Hv7uO0FnO8DWBqKnPIDndNIMcnNhf1rEP7zqaHw8h0g",
		"{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$8VFa7+Dl4DrES8a3SH60aQ$ZJTGT+KrBfw9qKceDmxIt41Swmln0sdBxKCiGfeYghs",
		"{BLF-CRYPT}$2y$05$zakPeBTMadjQVT8f0y5FE.Iel4wT/WxzjiYG4CiMohfBmg9OHFi2O",
		"{SHA512-CRYPT}$6$FQwhTHzobT5uvLkc$vu5MmUcrRdLU4FPeu5U7SEqbg8SnAP59AA7GNNwwqH91yAIkjNvqdMGCAn6EEC2TKPZ57Woq7qXpxssIBo4Dq1",
		"{SHA256-CRYPT}$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA",
		"{MD5-CRYPT}$1$LFDaKsvX$6q857vKS72dHZD9o5EoV./",
		"{CRYPT}$2y$05$PlBBlnwzN3KMBP2u0ISWZuEAYqfCE1dg2TNl.jGjjcDifF9RK2m/O",
		"$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1",
		"$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA",
		"$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
		"$y$j9T$abcdefgh12345678$5sAznj4WEIGgyua2AXu2NRSCMeWB3V6LpE45tV7hHM8",
		"$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
		"{PBKDF2}$1$32lrYpfteoL4AQ2R$5000$93afe720db80133f97367c86c7a4c620e3a4b806",
		"{SCRAM-SHA-256}4096,te9t65D/rTSNbfbaZp0CVg==,/OeBPbCvkAY9iLbYKHf1EwoLfRzaxNlzLCqQv55FtZA=,OvCfvS4//JIivBssUqjBqLY1ygRo6OwslFW0JW4Ffds=",
		"{SSHA512}8s9olMdRIN4t9fam1SztINHB8ocWeRZUKTjd+okvv553sXJIHNEY2IFeuUHCBYSIynssJ3cdaLG5gP/Xzru4y9D0fX0=",
		"{SSHA512.hex}30a6d0837acfbf3d3757ed52d3efe3943767d01d088861b197b91932299da352071d637a0edcf124c09c86c5f953596b458edaa56fe8a293a01117b161d6b59c01020304",
		"{SSHA256}pBFKVQdg8aaZi2INYzmnxxLtStvyMgIOC7TahNLLqCIBAgME",
		"{SSHA256.b64}pBFKVQdg8aaZi2INYzmnxxLtStvyMgIOC7TahNLLqCIBAgME",
		"{SSHA}uJDd0BIdJ9Z7yDCZNWdgYeb33+cBAgME",
		"{SSHA.HEX}b890ddd0121d27d67bc8309935676061e6f7dfe701020304",
		"{SMD5}LF/f6q9WuGXFii+gm3ssYQECAwQ=",
		"{SHA512}vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bDufKRpayrW/isg==",
		"{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=",
		"{SHA256.hex}2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
		"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
		"{sha1}5en6G6MezRroT3XKqkdPOmY/BfQ",
		"{SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4",
		"{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69",
		"{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",
		"{PLAIN}secret", "{CLEARTEXT}secret", "{PLAIN.b64}c2VjcmV0", "{plain.hex}736563726574",
	}
}

func TestImportedHashes(t *testing.T) {
	for _, hash := range importable() {
		scheme := hash[:min(len(hash), 16)]
		c, err := ImportHash(hash, cheap)
		if err != nil {
			t.Errorf("%s: %v", scheme, err)
			continue
		}
		if strings.Contains(c.Hash, "secret") {
			t.Errorf("%s is kept in clear", scheme)
		}
		if !verifyPassword(c, "secret") {
			t.Errorf("%s does not verify", scheme)
		}
		if verifyPassword(c, "Secret") || verifyPassword(c, "") {
			t.Errorf("%s verifies what is wrong", scheme)
		}
	}
}

func TestHashesThatCannotBeImported(t *testing.T) {
	for _, hash := range []string{
		"", "secret", "{", "{}", "{PLAIN}", "{NTLM}abc", "{CRAM-MD5}abc", "{SHA}abc", "{SHA.rot13}abc",
		"{SSHA}5en6", "{SHA512-CRYPT}abc", "{CRYPT}abJnggxhB/yWI", "$plaintext$secret", "$base64$c2VjcmV0",
		"{PBKDF2}$1$salt$0$aa", "{PBKDF2}$2$salt$10$aa", "{PBKDF2}$1$salt$10$", "{SCRAM-SHA-256}4096,a,b",
		"{SCRAM-SHA-256}4096,YQ==,YQ==,YQ==", "$argon2id$v=19$m=65536", "{PLAIN.b64}!", strings.Repeat("x", 5000),
	} {
		_, err := ImportHash(hash, cheap)
		if !errors.Is(err, restante.ErrInvalid) {
			t.Errorf("%.20q: %v", hash, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%.20q: the error tells the password: %v", hash, err)
		}
	}
}

func TestImportedHashIsReplaced(t *testing.T) {
	for _, keep := range []bool{false, true} {
		r := newRig(t, Options{KeepImported: keep})
		c, err := ImportHash("{SSHA}uJDd0BIdJ9Z7yDCZNWdgYeb33+cBAgME", cheap)
		if err != nil {
			t.Fatal(err)
		}
		r.users.m["old"] = directory.User{Name: "old", Account: 7, Credentials: c}
		for range 2 {
			if _, err := r.Login(t.Context(), local, "old", "secret"); err != nil {
				t.Fatal(err)
			}
		}
		now := r.users.m["old"].Credentials
		if keep != now.Equal(c) {
			t.Errorf("keep %v: %v", keep, now)
		}
		_, err = converse(t, r, local, "SCRAM-SHA-256", scramClient(t, "SCRAM-SHA-256", "old", "secret", "").NewConversation())
		if keep != errors.Is(err, restante.ErrAuthFailed) {
			t.Errorf("keep %v: SCRAM: %v", keep, err)
		}
	}
}

func TestNewCredentials(t *testing.T) {
	for _, password := range []string{"secret", "pässwörd", "ﬁve", "p\u00a0w", "😀 ok", strings.Repeat("x", MaxPassword)} {
		c, err := NewCredentials(password, cheap)
		if err != nil || !verifyPassword(c, password) || isImported(c) {
			t.Errorf("%.10q: %v", password, err)
		}
	}
	c, _ := NewCredentials("ﬁve", cheap) // U+FB01; SASLprep makes it "five"
	if !verifyPassword(c, "five") {
		t.Error("a password typed with other code points does not verify")
	}
	for _, password := range []string{"", "a\x00b", "\xff", strings.Repeat("x", MaxPassword+1)} {
		if _, err := NewCredentials(password, cheap); !errors.Is(err, restante.ErrInvalid) {
			t.Errorf("%.10q: %v", password, err)
		}
	}
	for _, p := range []Params{{Memory: 1}, {Passes: 1000}, {Iterations: 1}, {Memory: -1}} {
		if _, err := NewCredentials("secret", p); !errors.Is(err, restante.ErrInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func FuzzImportHash(f *testing.F) {
	for _, hash := range importable() {
		if !strings.Contains(strings.ToUpper(hash), "PLAIN") { // those are slow
			f.Add(hash)
		}
	}
	f.Fuzz(func(t *testing.T, hash string) {
		if strings.HasPrefix(hash, "{") {
			if _, _, _, err := splitScheme(hash); err != nil {
				return
			}
		}
		parseHash(hash) // must not panic; verifying may take as long as the hash says
	})
}
