import { Library } from '../components/library';

export default function Page() {
  return <Library />;
}
