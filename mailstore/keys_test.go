package mailstore

import (
	"encoding/hex"
	"testing"
)

// TestKeysGolden holds the bytes of keys: stores on disk depend on them.
func TestKeysGolden(t *testing.T) {
	for _, c := range []struct {
		name string
		key  []byte
		want string
	}{
		{"account", accountKey(), "01"},
		{"mailbox", mailboxKey(0x0102), "020000000000000102"},
		{"subscription", subscriptionKey("a/é"), "03612fc3a9"},
		{"flag set", flagSetKey(7), "0400000007"},
		{"access control list", aclKey(7), "050000000000000007"},
		{"change of seen", seenChangeKey(7), "060000000000000007"},
		{"seen", seenKey(7, 300, 2), "120000000000000007000000000000012c00000002"},
		{"page", pageKey(1, 257), "10000000000000000100000101"},
		{"expunged", expungedKey(1, 258), "1100000000000000010000000000000102"},
		{"refs", refsKey(3), "200000000000000003"},
		{"thread", threadKey(0xfedcba9876543210, 9), "21fedcba98765432100000000000000009"},
		{"thread of", threadOfKey(9), "220000000000000009"},
		{"staging", stagingKey(9), "230000000000000009"},
		{"imported", importedKey([]byte("k")), "248254c329a92850f6d539dd376f4816ee"},
		{"annotation", annotationKey(1, annotationID{2, 0x0304, "/a"}), "1300000000000000010000000200000000000003042f61"},
		{"metadata", metadataKey(1, 0x0203, "/a"), "25000000000000000100000000000002032f61"},
		{"mailbox access key", urlKeyKey(URLKeyPlace{Owner: 300, Mailbox: 7}), "27000000000000012c0000000000000007"},
		{"forgotten object", forgottenKey(9, 0xfedcba9876543210), "280000000000000009fedcba9876543210"},
		{"guest", guestKey(300), "29000000000000012c"},
		{"gone", goneKey(), "2f"},
		{"summary", summaryKey(9), "300000000000000009"},
		{"header", headerKey(9), "310000000000000009"},
		{"body", bodyKey(9, 2), "32000000000000000900000002"},
		{"object", objectKey(9), "330000000000000009"},
	} {
		if got := hex.EncodeToString(c.key); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	start, end := pageRange(1)
	if string(start) >= string(pageKey(1, 0)) || string(end) <= string(pageKey(1, 1<<32-1)) {
		t.Error("page range")
	}
	start, end = contentRange(kindBody, 5, 6)
	if string(start) > string(bodyKey(5, 0)) || string(end) <= string(bodyKey(6, 1<<32-1)) || string(end) > string(bodyKey(7, 0)) {
		t.Error("content range")
	}
}

// TestRowsGolden holds the bytes of a page row.
func TestRowsGolden(t *testing.T) {
	p := NewPage([]Message{
		{UID: 1, FlagSet: 0, ModSeq: 7, EmailID: 3, ThreadID: 3, InternalDate: Time{1000, 60}, SentDate: Time{995, -120}, SaveDate: Time{2000, 0}, Size: 300},
		{UID: 2, FlagSet: 2, ModSeq: 9, EmailID: 4, ThreadID: 3, InternalDate: Time{1500, 60}, SentDate: Time{1500, 60}, SaveDate: Time{2000, 0}, Size: 10},
	})
	const want = "02020101090000020404020207020302060405" +
		"1002" + "01000002" + "010e0002" + "1006" + "0006" + "02d00f0000f401" + "0078" + "00a01f" + "0000" + "021422010000" +
		"01000500" + "01ef0100b4"
	if got := hex.EncodeToString(p.row()); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
