# The product and what it runs on, by hash, without the tools of development. One image: web, worker, beat, migrate.
FROM python:3.11-slim AS installed
WORKDIR /app
COPY requirements-production.lock ./
RUN python -m venv /app/venv \
 && /app/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-production.lock

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin reviews \
 && install -d -o reviews -g reviews -m 0700 /var/lib/reviews /var/lib/reviews/attachments
WORKDIR /app
COPY --from=installed /app/venv /app/venv
COPY manage.py ./
COPY config ./config
COPY accounts ./accounts
COPY workflows ./workflows
COPY reviews ./reviews
COPY notifications ./notifications
ENV PATH=/app/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    VAR_DIR=/var/lib/reviews \
    STATIC_ROOT=/app/static \
    BIND=0.0.0.0:8000
# The key is thrown away with the command: the running product takes its own from the environment.
RUN SECRET_KEY=only-to-gather-static-files python manage.py collectstatic --noinput --verbosity 0
USER reviews
EXPOSE 8000
# The web's. Worker and beat have their own in the compose file.
HEALTHCHECK --interval=15s --timeout=8s --start-period=30s --retries=3 CMD ["python", "-m", "config.run", "--probe"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", \
     "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
