package pgkv

import "github.com/jackc/pgx/v5/pgxpool"

// ofPlans has the server plan each statement once a connection, without looking at its
// arguments. There is one good way to do each: by the primary key. To plan it anew for
// every array of keys took a sixth of the database's time, and statistics of tables
// that have just been empty must not lead to other ways.
func ofPlans(c *pgxpool.Config) {
	for setting, value := range map[string]string{
		"plan_cache_mode":   "force_generic_plan",
		"enable_seqscan":    "off",
		"enable_bitmapscan": "off",
		"enable_sort":       "off",
		"jit":               "off",
	} {
		c.ConnConfig.RuntimeParams[setting] = value
	}
}
