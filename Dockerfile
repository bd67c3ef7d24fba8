# Showrunner in one image: the binary and the library its embedded ClickHouse
# runs on. With --clickhouse the library is not loaded.

FROM node:20.20.2-bookworm-slim AS engine
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# Checked against the sha512 of package-lock.json.
RUN npm ci --no-progress

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /out/showrunner ./cmd/showrunner

# libchdb needs glibc, so no Alpine and no empty image.
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin showrunner \
 && install -d -o showrunner -g showrunner -m 0700 /data /keys
COPY --from=engine /src/node_modules /opt/showrunner/node_modules
COPY --from=build /out/showrunner /opt/showrunner/bin/showrunner
ENV PATH=/opt/showrunner/bin:$PATH
WORKDIR /data
USER showrunner
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD curl -fsS http://127.0.0.1:8080/readyz || exit 1
# SIGTERM drains: no new requests, a bye to every socket, readers committed.
STOPSIGNAL SIGTERM
ENTRYPOINT ["showrunner"]
CMD ["serve", "--addr", "0.0.0.0:8080", "--data", "/data"]
