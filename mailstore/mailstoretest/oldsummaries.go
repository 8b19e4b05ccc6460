package mailstoretest

import (
	"context"
	"encoding/binary"
	"hash/crc32"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/message"
)

// OldSummaries makes the summaries of an account's contents, from the one of that
// number on, as version 1 of their form had them: without the preview.
func OldSummaries(ctx context.Context, engine kv.Store, account restante.AccountID, from restante.EmailID) error {
	const kindSummary = 0x30
	snap, err := engine.Snapshot(ctx, kv.Partition(account))
	if err != nil {
		return err
	}
	defer snap.Close()
	var batch kv.Batch
	it := snap.Scan(binary.BigEndian.AppendUint64([]byte{kindSummary}, uint64(from)), []byte{kindSummary + 1})
	for it.Next() {
		batch.Set(append([]byte(nil), it.Key()...), version1(it.Value()))
	}
	if err := it.Close(); err != nil {
		return err
	}
	_, err = engine.Commit(ctx, kv.Partition(account), snap.Version(), &batch, kv.Durable)
	return err
}

// version1 takes the last section, and what tells where it ends, out of a summary
// of version 2; see [message.Summary].
func version1(row []byte) []byte {
	const table, sections = 32, 17 // of version 1
	s := message.Summary(row)
	preview, ok := s.Preview()
	if !ok {
		return row
	}
	old := append([]byte(nil), row[:table]...)
	old[0] = 1
	for i := range sections {
		end := binary.LittleEndian.Uint32(row[table+4*i:])
		old = binary.LittleEndian.AppendUint32(old, end-4)
	}
	old = append(old, row[table+4*(sections+1):len(row)-len(preview)]...)
	c := crc32.MakeTable(crc32.Castagnoli)
	binary.LittleEndian.PutUint32(old[4:], crc32.Update(crc32.Checksum(old[:4], c), c, old[8:]))
	return old
}
