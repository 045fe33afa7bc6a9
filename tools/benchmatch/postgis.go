package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"watchfire.dev/internal/exposure/match"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/store/pgtest"
)

// cluster is a PostgreSQL of our own in a temporary folder, reached by a local socket.
type cluster struct{ *pgtest.Cluster }

// startCluster makes and starts a cluster with PostGIS in it.
func startCluster(ctx context.Context, bin string) (*cluster, error) {
	if bin == "auto" {
		bin = ""
	}
	own, err := pgtest.Start(ctx, bin, "shared_buffers=1GB", "work_mem=64MB", "maintenance_work_mem=512MB", "autovacuum=off")
	if errors.Is(err, pgtest.ErrNone) {
		return nil, errNoPrograms
	}
	if err != nil {
		return nil, err
	}
	c := &cluster{own}
	conn, err := c.connect(ctx)
	if err == nil {
		_, err = conn.Exec(ctx, "create extension if not exists postgis")
		err = errors.Join(err, conn.Close(ctx))
	}
	if err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *cluster) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, c.Socket("postgres"))
	if err != nil {
		return nil, err
	}
	// Otherwise a prepared statement makes the shape anew for every row.
	_, err = conn.Exec(ctx, "set plan_cache_mode=force_custom_plan")
	return conn, err
}

func (c *cluster) stop() { c.Stop() }

// clients is how many connections ask at once.
const clients = 8

// postgis is one table, clustered by its index.
type postgis struct {
	conns []*pgx.Conn
	table string
}

func (c *cluster) load(ctx context.Context, places []match.Place, label string) (*postgis, error) {
	p := &postgis{table: "assets" + label}
	for range clients {
		conn, err := c.connect(ctx)
		if err != nil {
			return nil, err
		}
		p.conns = append(p.conns, conn)
	}
	conn := p.conns[0]
	if _, err := conn.Exec(ctx, "create table raw"+label+" (id int, lon float8, lat float8)"); err != nil {
		return nil, err
	}
	rows := pgx.CopyFromSlice(len(places), func(i int) ([]any, error) {
		return []any{places[i].ID, places[i].Lon, places[i].Lat}, nil
	})
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"raw" + label}, []string{"id", "lon", "lat"}, rows); err != nil {
		return nil, err
	}
	for _, q := range []string{
		"create table " + p.table + " as select id, st_setsrid(st_makepoint(lon, lat), 4326)::geography g from raw" + label,
		"create index " + p.table + "g on " + p.table + " using gist (g)",
		"cluster " + p.table + " using " + p.table + "g",
		"vacuum analyze " + p.table,
	} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return nil, fmt.Errorf("%s: %w", q, err)
		}
	}
	return p, nil
}

func (p *postgis) close(ctx context.Context) {
	for _, c := range p.conns {
		c.Close(ctx) //nolint:errcheck // the cluster goes away with it
	}
}

func (p *postgis) name() string { return "postgis" }

// exact is false: PostGIS's sphere has another radius, which is corrected for, and its own
// rounding at the rim.
func (p *postgis) exact() bool { return false }

// sphere is the mean radius of PostGIS's sphere, (2a + b) / 3 of WGS84, in metres.
const sphere = 6371008.771415059

func (p *postgis) on(ctx context.Context, conn *pgx.Conn, q *query) ([]int32, error) {
	var rows pgx.Rows
	var err error
	if q.region.Parts() > 0 {
		rows, err = conn.Query(ctx, "select id from "+p.table+" where st_intersects(g, st_geogfromtext($1))", q.wkt)
	} else {
		rows, err = conn.Query(ctx, "select id from "+p.table+" where st_dwithin(g, st_geogfromtext($1), $2, false)", q.wkt, q.km/geo.EarthRadiusKM*sphere)
	}
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int32])
}

func (p *postgis) ask(ctx context.Context, q *query) ([]int32, error) {
	return p.on(ctx, p.conns[0], q)
}

func (p *postgis) rate(ctx context.Context, b *bench, qs []query) (float64, error) {
	return crowd(qs, 4*b.length, func(w int, q *query) error {
		_, err := p.on(ctx, p.conns[w], q)
		return err
	})
}

// crowd lets all clients ask at once for a time, in whole rounds of the queries: they differ
// in what they find.
func crowd(qs []query, length time.Duration, ask func(client int, q *query) error) (float64, error) {
	rounds := 0
	errs := make([]error, clients)
	began := time.Now()
	for ; rounds == 0 || time.Since(began) < length; rounds++ {
		var next atomic.Int64
		var wg sync.WaitGroup
		for w := range clients {
			wg.Go(func() {
				for i := next.Add(1) - 1; i < int64(len(qs)) && errs[w] == nil; i = next.Add(1) - 1 {
					errs[w] = ask(w, &qs[i])
				}
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(began).Nanoseconds()) / float64(rounds*len(qs)), nil
}
