package command

import "testing"

func TestConvert(t *testing.T) {
	run(t, Options{Limits: Limits{FetchSections: 3, ConvertParams: 2}}, []parseTest{
		// RFC 5259 §6, §7, §8
		{`CONVERT 2 ("APPLICATION/PDF") BINARY[3]`, `CONVERT 2 "application/pdf" [] false BINARY[3]`},
		{`CONVERT 2 ("text/plain" ("charset" "us-ascii")) BINARY[3]`, `CONVERT 2 "text/plain" [{"charset" "us-ascii"}] false BINARY[3]`},
		{`CONVERT 2 ("TEXT/PLAIN" ("CHARSET" "us-ascii")) BINARY[4]<2001.1000>`, `CONVERT 2 "text/plain" [{"charset" "us-ascii"}] false BINARY[4]<2001>`},
		{`CONVERT 2 (NIL ("CHARSET" "utf-8")) BODY[HEADER]`, `CONVERT 2 "" [{"charset" "utf-8"}] false BODY[HEADER]`},
		{`CONVERT 3 (NIL) (BODY[1.MIME] BODY[1.2.HEADER])`, `CONVERT 3 "" [] false BODY[1.MIME] BODY[1.2.HEADER]`},
		{`UID CONVERT 100 ("IMAGE/JPEG" ("PIX-X" "128" PIX-Y {2+}` + "\r\n" + `96)) BINARY[2]`,
			`UID CONVERT 100 "image/jpeg" [{"pix-x" "128"} {"pix-y" "96"}] true BINARY[2]`},
		{`CONVERT 2 (NIL) (BINARY.SIZE[] UID BODYPARTSTRUCTURE[2] AVAILABLECONVERSIONS[2])`,
			`CONVERT 2 "" [] true BINARY.SIZE[] BODYPARTSTRUCTURE[2] AVAILABLECONVERSIONS[2]`},
		{`convert $ (nil) binary[1]`, `CONVERT $ "" [] false BINARY[1]`},
		{`CONVERT 2 ("text/plain" ("a" "1" "b" "2" "c" "3")) BINARY[3]`, "!limit"},
		{`CONVERT 2 (NIL) (BINARY[1] BINARY[2] BINARY[3] BINARY[4])`, "!limit"},
		{`CONVERT 2 (text/plain) BINARY[3]`, "!syntax"},
		{`CONVERT 2 ("text") BINARY[3]`, "!syntax"},
		{`CONVERT 2 ("text/") BINARY[3]`, "!syntax"},
		{`CONVERT 2 ("text/*") BINARY[3]`, "!syntax"},
		{`CONVERT 2 ("text/a b") BINARY[3]`, "!syntax"},
		{`CONVERT 2 ("text/plain" "charset" "x") BINARY[3]`, "!syntax"},
		{`CONVERT 2 ("text/plain" ()) BINARY[3]`, "!syntax"},
		{`CONVERT 2 ("text/plain" ("charset")) BINARY[3]`, "!syntax"},
		{`CONVERT 2 ("text/plain" ("" "x")) BINARY[3]`, "!syntax"},
		{`CONVERT 2 NIL BINARY[3]`, "!syntax"},
		{`CONVERT 2 ("text/plain") BODY[HEADER]`, "!syntax"},
		{`CONVERT 2 (NIL) BODY[]`, "!syntax"},
		{`CONVERT 2 (NIL) BODY[TEXT]`, "!syntax"},
		{`CONVERT 2 (NIL) BODY[MIME]`, "!syntax"},
		{`CONVERT 2 (NIL) BODY[HEADER.FIELDS (a)]`, "!syntax"},
		{`CONVERT 2 (NIL) BINARY[1.HEADER]`, "!syntax"},
		{`CONVERT 2 (NIL) BINARY.PEEK[1]`, "!syntax"},
		{`CONVERT 2 (NIL) BINARY`, "!syntax"},
		{`CONVERT 2 (NIL) (UID)`, "!syntax"},
		{`CONVERT 2 (NIL)`, "!syntax"},
		// RFC 5259 §5.1
		{`CONVERSIONS "image/gif" "*"`, `CONVERSIONS "image/gif" "*"`},
		{`CONVERSIONS "Image/*" text/PLAIN`, `CONVERSIONS "image/*" "text/plain"`},
		{`CONVERSIONS "*" "*/*"`, "!syntax"},
		{`CONVERSIONS "*/gif" "*"`, "!syntax"},
		{`CONVERSIONS "image" "*"`, "!syntax"},
		{`CONVERSIONS "*"`, "!syntax"},
		{`CONVERSIONS "*" "*" x`, "!syntax"},
	})
}
