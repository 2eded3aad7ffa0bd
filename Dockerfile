# Serve a model in a container: docker build -t ser-bench . && docker run -p 127.0.0.1:8000:8000 -v ./model.ser:/model.ser:ro ser-bench
FROM python:3.13-slim AS build
COPY pyproject.toml constraints.txt README.md LICENSE /source/
COPY docker/install.sh /source/docker/
COPY configs /source/configs
COPY ser_bench /source/ser_bench
RUN ["/source/docker/install.sh", "/source", "/opt/ser-bench"]

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin ser-bench
COPY --from=build /opt/ser-bench /opt/ser-bench
COPY docker/health.py /opt/ser-bench/health.py
ENV PATH=/opt/ser-bench/bin:$PATH PYTHONUNBUFFERED=1 SER_BENCH_CACHE=/tmp/ser-bench
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=90s --retries=3 CMD ["python", "/opt/ser-bench/health.py"]
ENTRYPOINT ["ser-bench", "serve", "--host", "0.0.0.0", "--port", "8000"]
CMD ["/model.ser"]
