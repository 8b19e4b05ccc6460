// Command table prints the figures of two runs of imapbench side by side, as
// a Markdown table with how many times better the second is.
//
//	table FIRST.json SECOND.json
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
)

type figure struct {
	Task  string  `json:"task"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: table FIRST.json SECOND.json")
	}
	first, second := read(os.Args[1]), read(os.Args[2])
	fmt.Println("| task | first | second | unit | second is better by |\n|---|---|---|---|---|")
	for _, s := range second {
		for _, f := range first {
			if f.Task == s.Task {
				fmt.Printf("| %s | %s | %s | %s | %s |\n", s.Task, number(f), number(s), s.Unit, ratio(f, s))
			}
		}
	}
}

func read(file string) (figures []figure) {
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &figures)
	}
	if err != nil {
		log.Fatal(err)
	}
	return figures
}

// number is a value, or why there is none.
func number(f figure) string {
	if f.Value < 0 {
		return f.Unit
	}
	return fmt.Sprintf("%.4g", f.Value)
}

// ratio is how many times better b is than a: more of a rate, less of a time
// or of memory.
func ratio(a, b figure) string {
	if a.Value <= 0 || b.Value <= 0 || strings.HasPrefix(b.Unit, "of ") || b.Unit == "msgs" {
		return ""
	}
	r := b.Value / a.Value
	if strings.HasPrefix(b.Unit, "ms") && !strings.HasPrefix(b.Unit, "msg") || strings.HasPrefix(b.Unit, "KiB") {
		r = 1 / r
	}
	return fmt.Sprintf("%.3g×", r)
}
