// Package otlp hands traces of our work to an OpenTelemetry collector over HTTP. It batches
// beside the work and drops when the collector is slow or gone: tracing never delays a
// warning. It sends names of steps, levels, channels and ids, never an address or a person.
package otlp

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"watchfire.dev/internal/trace"
)

// Start makes a Tracer that sends to the collector's address, such as
// http://127.0.0.1:4318/v1/traces, one piece of work in every that many at the root. stop
// sends what is left.
func Start(ctx context.Context, address, version string, share float64) (tracer trace.Tracer, stop func(context.Context) error, err error) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(address), otlptracehttp.WithTimeout(5*time.Second))
	if err != nil {
		return nil, nil, fmt.Errorf("traces to a collector: %w", err)
	}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter, sdk.WithMaxQueueSize(4096)),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(share))),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "watchfire"), attribute.String("service.version", version))),
	)
	source := provider.Tracer("watchfire")
	return func(ctx context.Context, name string, attributes ...string) (context.Context, func(error)) {
		ctx, span := source.Start(ctx, name)
		for i := 0; i+1 < len(attributes); i += 2 {
			span.SetAttributes(attribute.String(attributes[i], attributes[i+1]))
		}
		return ctx, func(err error) {
			if err != nil { // its text may name an address
				span.SetStatus(codes.Error, "failed")
			}
			span.End()
		}
	}, provider.Shutdown, nil
}
